"""What an operator may call a shopper: one place for all doors by which a name comes in."""

import re
import unicodedata

from cashback.errors import Invalid

LENGTH_MAX = 200
ALLOWED = (
    "1 to 200 printable characters, written in Unicode's normal form C, without '/', without a space at either end, "
    "not '.' or '..' alone, and no e-mail address"
)

_OWN_FORM = "shp_"
_ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def check_reference(reference: str) -> None:
    """Raises Invalid, `bad_reference`, for what no shopper may be called from now on; earlier names stay what they are.

    A name in the form of an id would stand for the shopper of that id, and one that no address can hold could not be
    asked for again.
    """
    if reference.casefold().startswith(_OWN_FORM):
        raise _bad(reference, "begins like an id of this API; a name of your own does not begin with 'shp_'")
    if not 1 <= len(reference) <= LENGTH_MAX or not reference.isprintable():
        raise _bad(reference, f"is none; expected {ALLOWED}")
    if "/" in reference or reference in (".", ".."):
        raise _bad(reference, f"cannot stand in an address; expected {ALLOWED}")
    if reference != reference.strip():
        raise _bad(reference, f"has a space at its beginning or end; expected {ALLOWED}")
    if not unicodedata.is_normalized("NFC", reference):
        raise _bad(reference, f"is not in normal form C; expected {ALLOWED}")
    if _ADDRESS.fullmatch(reference):
        raise Invalid(
            "a shopper's reference is an e-mail address; expected an opaque id, because references stand in logs, "
            "exports and addresses",
            code="bad_reference",
        )


def _bad(reference: str, why: str) -> Invalid:
    return Invalid(f"a shopper's reference {why}; got {reference[:40]!r}", code="bad_reference")
