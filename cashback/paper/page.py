"""A page of A4 as PDF/A-3: fonts and profile inside, so that it reads the same in thirty years."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import OutputIntentSubType
from fpdf.output import PDFICCProfile
from PIL import ImageCms

FONTS = Path(__file__).parent / "fonts"
INK, GREY, RULE, TINT = (24, 28, 38), (98, 104, 118), (214, 218, 226), (244, 245, 248)
MARGIN = 18
"""Millimetres, left and right."""
BODY, SMALL, TITLE = 9, 7.5, 20
"""Sizes of type in points."""
_FONT = "Inter"


class Page(FPDF):
    """A document. `details`: title, author and subject of the file.

    Each page ends with `foot` and with `pages`, where `{number}` and `{total}` are filled in. `made_at`: aware; the
    time of making if left out.
    """

    def __init__(
        self, language: str, details: Mapping[str, str], *, foot: str, pages: str, made_at: datetime | None = None
    ) -> None:
        super().__init__(format="A4", enforce_compliance="PDF/A-3B")
        self._foot, self._pages, self._made_at = foot, pages, made_at
        self.add_font(_FONT, "", FONTS / "Inter-Regular.ttf")
        self.add_font(_FONT, "B", FONTS / "Inter-SemiBold.ttf")
        self.set_margins(MARGIN, 16, MARGIN)
        self.set_auto_page_break(True, 18)
        profile = PDFICCProfile(_srgb(), 3, "DeviceRGB")
        self.add_output_intent(OutputIntentSubType.PDFA, "sRGB", dest_output_profile=profile, info="sRGB IEC61966-2.1")
        if made_at is not None:
            self.set_creation_date(made_at)
        self.set_title(details["title"])
        self.set_author(details["author"])
        self.set_subject(details["subject"])
        self.set_lang(language)
        self.c_margin = 0
        self.set_draw_color(*RULE)
        self.set_line_width(0.2)

    def footer(self) -> None:
        """Called by the library at the end of each page."""
        self.set_y(-14)
        self.say(SMALL, GREY)
        self.cell(0, 4, f"{self._foot} · {self._pages.format(number=self.page_no(), total='{nb}')}")

    def say(self, size: float, color: tuple[int, int, int], *, strong: bool = False) -> None:
        """How what follows is written."""
        self.set_font(_FONT, "B" if strong else "", size)
        self.set_text_color(*color)

    def file_id(self) -> str:
        """What names the file (ISO 32000-1, 14.4): of the same document always the same, whenever it is written."""
        named = repr((self.title, self.author, self.subject, self._made_at or self.creation_date))
        digest = hashlib.sha256(named.encode()).hexdigest()[:32].upper()
        return f"<{digest}><{digest}>"

    def written(self) -> bytes:
        """The file; what is made of the same things at the same `made_at` is the same to the byte."""
        created = re.search(rb'xmp:CreateDate="([^"]+)"', body := bytes(self.output()))
        if self._made_at is None or created is None:
            return body
        return re.sub(rb'(xmp:(?:Modify|Metadata)Date=)"[^"]+"', rb'\1"' + created[1] + b'"', body)

    def paragraph(self, text: str, width: float = 0, height: float = 4.6) -> None:
        """Text over as many lines as it takes, from the left; the next thing stands below."""
        self.multi_cell(width, height, text, align="L", new_x="LMARGIN", new_y="NEXT")


@cache
def _srgb() -> bytes:
    """The profile that screens are made for: an archived document says what its colours mean."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
