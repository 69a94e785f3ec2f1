"""Both languages are complete, nothing is written in a template, and nothing in the pages needs a looser policy."""

import re
import string
from pathlib import Path

import pytest

import cashback.web
from cashback.web.messages import MESSAGES, Translator

ROOT = Path(cashback.web.__file__).parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static").glob("*.js"))
SOURCES = sorted(ROOT.rglob("*.py"))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_a_text_has_both_languages_and_the_same_figures() -> None:
    assert [key for key, texts in MESSAGES.items() if not texts.en.strip() or not texts.fr.strip()] == []
    assert [key for key, texts in MESSAGES.items() if placeholders(texts.en) != placeholders(texts.fr)] == []


def test_no_text_was_left_untranslated() -> None:
    same = {
        key
        for key, texts in MESSAGES.items()
        if texts.en == texts.fr and len(re.findall(r"[A-Za-z]{4,}", texts.en)) > 2
    }
    assert same == set()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Les Terrasses du Canal", "J\u2019accepte les conditions des Terrasses du Canal (version 2)"),
        ("Le Quai", "J\u2019accepte les conditions du Quai (version 2)"),
        ("Lesage", "J\u2019accepte les conditions de Lesage (version 2)"),
    ],
)
def test_the_article_of_a_name_is_contracted_in_french(name: str, said: str) -> None:
    assert Translator("fr")("welcome.agree.terms", name=name, version=2) == said
    assert name in Translator("en")("welcome.agree.terms", name=name, version=2)


def test_every_key_that_is_used_exists() -> None:
    used: set[str] = set()
    for path in (*TEMPLATES, *SOURCES):
        if path.name.endswith(("messages.py", "words.py")):
            continue
        text = path.read_text()
        used |= {key for key in re.findall(r"['\"]([a-z]+\.[a-z_0-9.]+)['\"]", text) if key.split(".")[0] in FAMILIES}
    counted = {key.removesuffix(".one") for key in MESSAGES if key.endswith(".one")}
    known = counted | {key for key in MESSAGES if key.rpartition(".")[0] not in counted}
    known |= ACTIONS
    known |= {key.removeprefix("done.").removeprefix("audit.did.") for key in known}
    assert {key for key in used if key not in known and not key.endswith((".html", ".css", ".js", ".", "_"))} == set()


ACTIONS = {"plan.viewed"}
"""Lines of the audit log whose names look like keys."""
FAMILIES = {key.split(".")[0] for key in MESSAGES}


def test_plurals_follow_the_language() -> None:
    assert [Translator("en").count("start.purchases", n) for n in (0, 1, 2)] == [
        "0 purchases",
        "1 purchase",
        "2 purchases",
    ]
    assert [Translator("fr").count("start.purchases", n) for n in (0, 1, 2)] == ["0 achat", "1 achat", "2 achats"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_text_of_its_own(template: Path) -> None:
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", template.read_text(), flags=re.S)
    text = re.sub(r"<[^>]*>", " ", text, flags=re.S)
    literals = set(re.findall(r"[^\W\d_]{2,}", text)) - {"FR", "EN", "Français", "English", "nbsp"}
    assert literals == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_needs_no_looser_policy(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"\son[a-z]+=", text)
    assert "hx-on" not in text
    assert "hx-live" not in text
    assert "js:" not in text
    assert not re.search(r'hx-trigger="[^"]*\[', text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"""(?:src|href)=["']?https?:""", text)
    assert "|safe" not in text


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_evaluates_nothing(script: Path) -> None:
    text = script.read_text()
    assert "eval(" not in text
    assert "new Function" not in text
    assert ".style." not in text
    assert "http:" not in text
    assert "https:" not in text


def test_styles_load_nothing_from_elsewhere() -> None:
    for path in (ROOT / "static").glob("*.css"):
        for address in re.findall(r"url\(([^)]*)", path.read_text()):
            assert address.strip("\"'").startswith(("vendor/", "data:")), (path.name, address)


def test_the_sprite_holds_the_icons_that_are_used() -> None:
    symbols = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "icons.svg").read_text()))
    everything = "\n".join(path.read_text() for path in (*TEMPLATES, *SOURCES))
    assert {
        symbol for symbol in symbols if f"'{symbol}'" not in everything and f'"{symbol}"' not in everything
    } == set()
    asked = set(re.findall(r"icon\('([a-z0-9-]+)'", everything))
    assert asked - symbols == set()
