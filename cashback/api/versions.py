"""Dated versions of the API. What is told in one stays as it is; whoever names none gets the newest."""

from cashback.errors import Invalid

VERSIONS = ("2026-12-01",)
"""Oldest first."""
NEWEST = VERSIONS[-1]


def check_version(asked: str | None) -> str:
    """The version that answers. Invalid for one that there is not."""
    if asked is None:
        return NEWEST
    if asked not in VERSIONS:
        raise Invalid(
            f"cashback-version {asked[:40]!a} is not known; expected one of {', '.join(VERSIONS)}",
            code="unknown_version",
        )
    return asked
