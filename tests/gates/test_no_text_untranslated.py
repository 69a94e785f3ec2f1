"""No page shows a text that is in no catalogue: with every text of the catalogue in brackets, only data stands outside.

The texts are made 40 % longer and accented too, so that what looks whole here also holds a long language. Offered to
nobody: the tests alone put it in the place of the texts.
"""

import re

import pytest
from test_every_page import Document
from whole_site import Seen, WholeSite, door_of

from cashback.actors import system
from cashback.auth import members
from cashback.notifications import words as notices
from cashback.offers.wording import Texts
from cashback.trades import TRADES
from cashback.web import messages

ACCENTS = str.maketrans("aeiouyAEIOUcnCN", "åéîöûýÅÉÎÖÛçñÇÑ")
OPEN, CLOSE = "\u27e6", "\u27e7"
NAMES = (
    "name", "name_en", "name_fr", "label", "reference", "code", "brand", "floor", "area", "descriptor", "city", "zone",
    "slug", "title", "town", "token", "last_four", "network", "value", "host", "provider", "scheme", "domain", "file",
    "asset", "account", "hint", "device", "url", "words", "note", "why", "bic", "iban", "currency", "country",
)  # fmt: skip
"""Columns of data: what stands in them is nobody's to translate. States, kinds and reasons are not among them."""
ALLOWED = {
    *("FR", "EN", "Français", "English", "CSV", "PDF", "JSON", "IBAN", "BIC", "EUR", "PNG", "SVG", "API", "HTTP", "ID"),
    *("QR", "SHA", "TAEG", "APR", "FICP", "SIREN", "UTC", "SEPA", "Ctrl", "Esc", "MID", "Visa", "Mastercard", "utf"),
    *("windows", *(word for each in TRADES.values() if each.en == each.fr for word in each.en.split())),
}
PLANTED = (
    "please look again",
    "for a gate",
    "asked · a gate",
    "a gate",
    "Sandbox Lender",
    "Banque Exemple",
    "yes",
    "plans",
    "lender",
    "CB",
    "Bob",
    "New shop",
    "new-shop",
    "Nameless",
    "nowhere",
    "http",
)
"""What `furnish` wrote, which lies in columns that are no names, and subjects of the log that are no ids."""
UNTOLD: dict[str, str] = {
    "/{locale}/operator/audit/{id}": "shows the raw detail of a line",
    "/{locale}/operator/offers/{code}": "sentences of offers, in both languages: they are composed in code",
    "/{locale}/operator/offers/{code}/edit": "sentences of offers, in both languages",
    "/{locale}/operator/offers/{code}/approval": "sentences of offers, in both languages",
    "/{locale}/operator/offer-new": "names of conditions, composed in code",
    "/{locale}/operator/trades": "names of trades, in both languages",
    "/{locale}/operator/shops/{code}": "names of networks and of their identifiers",
}
"""Pages that show words of no catalogue, and why."""


def pseudo(text: str) -> str:
    """A text as no language writes it: `⟦Åvåîlåblé ···⟧`. What stands in braces is kept."""
    parts = re.split(r"(\{[^}]*\})", text)
    accented = "".join(part if part.startswith("{") else part.translate(ACCENTS) for part in parts)
    return f"{OPEN}{accented} {'·' * max(1, len(text) * 2 // 5)}{CLOSE}"


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every text of the catalogue in brackets."""
    texts = {key: Texts(pseudo(each.en), pseudo(each.fr)) for key, each in messages.MESSAGES.items()}
    monkeypatch.setattr(messages, "MESSAGES", texts)
    real = notices.texts_in
    monkeypatch.setattr(
        notices, "texts_in", lambda language: {key: pseudo(text) for key, text in real(language).items()}
    )


def outside(text: str) -> str:
    """What of a text stands outside brackets; brackets lie within brackets where a text is a figure of another."""
    depth, kept = 0, []
    for letter in text:
        depth += letter == OPEN
        kept.append(letter if not depth else " ")
        depth -= letter == CLOSE
    return " ".join("".join(kept).split())


async def names_of(site: WholeSite) -> list[str]:
    """Everything that the database calls something, the longest first."""
    found: set[str] = set()
    columns = await site.rows(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
        " AND (column_name = ANY($1::text[]) OR data_type = 'jsonb')",
        list(NAMES),
    )
    for table, column, kind in columns:
        if kind == "jsonb":
            whole = table in ("offer_versions", "programmes", "statements", "offer_revisions")
            rows = await site.rows(f'SELECT DISTINCT "{column}"::text FROM {table} LIMIT 2000')
            texts = {text for (row,) in rows for text in re.findall(r'"((?:[^"\\]|\\.)+)"', str(row))}
            # Of other documents a single word may be a code, which is to be translated.
            found |= {text for text in texts if whole or " " in text}
        else:
            found |= {
                str(row) for (row,) in await site.rows(f'SELECT DISTINCT "{column}"::text FROM {table} LIMIT 2000')
            }
    async with site.transaction() as connection:
        master, actor = site.runtime.keyring.master, system(site.operator_id, "gates")
        for member in await members.list_members(connection, actor, master):
            found |= {member.name, member.address}
    return sorted((each for each in (*found, *PLANTED) if len(each) > 1), key=len, reverse=True)


def left_of(text: str, names: list[str]) -> str:
    """What is left of a text without names, figures and ids of ours."""
    left = re.sub(r"\b[a-z]{3}_[0-9a-hjkmnp-tv-z]{6,}\b|(?:\b[a-z]{3} )?…\w{6}\b|\w{1,2}•+|\S+@\S+", " ", outside(text))
    for name in names:
        if name in left:
            left = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", left)
    return " ".join(word for word in re.findall(r"[^\W\d_]{2,}", left) if word not in ALLOWED)


async def test_with_every_text_in_brackets_only_data_stands_outside(site: WholeSite, bracketed: None) -> None:
    names = await names_of(site)
    wrong = []
    for route, path in site.addresses.items():
        if "/{locale}" not in route or route in UNTOLD or route.startswith("/{locale}/developer"):
            continue
        english, french = [await _seen(site, route, path, language) for language in ("en", "fr")]
        if not english.is_page:
            continue
        # Dates, amounts and the sentences of offers differ between the languages; a forgotten text does not.
        told = set(Document(french.text).texts)
        for text in Document(english.text).texts:
            left = left_of(text, names) if text in told else ""
            if left:
                wrong.append(f"{path}: {text[:100]!r} ({left[:60]})")
    assert not wrong, "\n".join(sorted(set(wrong)))


async def _seen(site: WholeSite, route: str, path: str, language: str) -> Seen:
    return await site.look(door_of(route), path.replace("{locale}", language))


def test_the_pseudo_locale_is_longer_and_keeps_its_figures() -> None:
    made = pseudo("{amount} of it {when}")
    assert len(made) >= 1.4 * len("{amount} of it {when}")
    assert "{amount}" in made
    assert "{when}" in made
    assert outside(made.format(amount="⟦x⟧", when="y")) == ""
    assert left_of("Draft ⟦x⟧ Café", ["Café"]) == "Draft"
