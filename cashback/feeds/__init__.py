"""Bank feeds: which accounts are asked, when, and how often. Pages go into the inbox log; nothing is rewarded here."""
