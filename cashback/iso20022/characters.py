"""The characters that every bank of SEPA takes, and any text written in them.

Source: EPC217-08 «SEPA requirements for an extended character set», the basic Latin set: letters, digits, space and
`/ - ? : ( ) . , ' +`. A field neither begins nor ends with a slash nor holds two in a row: banks read those as codes.
"""

import re

from anyascii import anyascii

_FOREIGN = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
_IDENTIFIER = re.compile(r"[A-Za-z0-9\-?:().,'+](?:/?[A-Za-z0-9\-?:().,'+ ])*", re.ASCII)
_SPACE = re.compile(r"\s+")
_SLASHES = re.compile(r"/{2,}")
_ALIKE = str.maketrans({
    "&": "+", "_": "-", "~": "-", '"': "'", "`": "'", "|": "/", "\\": "/", ";": ",", "!": ".", "@": ".", "#": ".",
    "%": ".", "$": ".", "*": ".", "=": ".", "^": ".", "[": "(", "{": "(", "<": "(", "]": ")", "}": ")", ">": ")",
})  # fmt: skip

IDENTIFIER_MAX = 35
"""Of message, batch and end-to-end references (ISO 20022: Max35Text)."""


def sepa_text(text: str, length: int) -> str:
    """The same words in those characters, at most `length` of them; empty when nothing of it can be written."""
    latin = text if text.isascii() else anyascii(text)
    if _FOREIGN.search(latin):
        latin = _FOREIGN.sub(" ", latin.translate(_ALIKE))
    return _SLASHES.sub("/", _SPACE.sub(" ", latin)).strip(" /")[:length].rstrip(" /")


def is_identifier(text: str) -> bool:
    """Whether a reference survives every bank as it is: 1 to 35 of those characters, slashes as they must be."""
    return len(text) <= IDENTIFIER_MAX and bool(_IDENTIFIER.fullmatch(text)) and text == text.strip()
