"""The kinds of conditions: where, when, who and how much. A new kind is one class here and one name in `KINDS`."""
