"""Enumerations that things are looked up under."""

from enum import StrEnum


class Word(StrEnum):
    """A word of a closed list.

    Hashes as its text does, in C: an enumeration's own hash is a Python call, and every purchase is looked up under
    such words many times.
    """

    __hash__ = str.__hash__
