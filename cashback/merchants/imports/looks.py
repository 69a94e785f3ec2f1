"""Checks of files that were made a moment ago, so that every page of a preview is not a check of ten thousand rows.

A check depends on the file, on what was said of it and on the programme's revision alone, which every change of shops
and identifiers raises. All of that is its key, so a kept one is what a new one would be.
"""

from collections import OrderedDict
from collections.abc import Hashable

from cashback.merchants.imports.checking import Check
from cashback.merchants.imports.table import Table

KEPT_AT_MOST = 2
"""A check of 10,000 rows takes some 25 MB."""


class Looks:
    """The checks asked for last; one for a process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[Table, Check]] = OrderedDict()

    def find(self, key: Hashable) -> tuple[Table, Check] | None:
        """The table and its check, where they are kept."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: Hashable, table: Table, check: Check) -> None:
        """Keep one; the one that was asked for longest ago gives way."""
        self._kept[key] = table, check
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT_AT_MOST:
            self._kept.popitem(last=False)


LOOKS = Looks()
