"""The catalogue of errors: every code that is raised below the API is in it, with its status; the document's too."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from whole_api import whole_api, written_errors

from cashback import errors
from cashback.api.document.everywhere import SHARED
from cashback.api.document.meanings import MEANINGS
from cashback.api.document.own_codes import OWN
from cashback.api.document.remedies import REMEDIES
from cashback.api.document.surface_codes import SURFACE
from cashback.errors import ProductError

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = ("cli", "web", "simulator", "replay", "demo", "migrations", "file_import", "twins", "bench")
"""Beginnings of names of what the API does not call."""
NOT_OVER_HTTP = {"books/export.py", "books/verify.py"}
OF_PAGES = {
    "insights/members.py", "merchants/identifying.py", "merchants/imports/service.py", "merchants/imports/single.py",
    "payouts/sepa_files.py", "welcoming/pages.py", "welcoming/posters.py",
}  # fmt: skip
"""What pages alone call: they tell refusals in words of their own."""
CATALOGUE = {(status, code) for status, codes in MEANINGS.items() for code in codes}
KINDS: dict[str, type[ProductError]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, ProductError)
}


def raised() -> Iterator[tuple[int, str, str]]:
    """The status, the code and the file of every refusal with a code of its own."""
    for path in sorted((ROOT / "cashback").rglob("*.py")):
        place = path.relative_to(ROOT / "cashback")
        if place.parts[0].startswith(ELSEWHERE) or str(place) in NOT_OVER_HTTP | OF_PAGES:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                for keyword in node.keywords:
                    if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                        yield KINDS[node.func.id].status, str(keyword.value.value), str(place)


def test_every_code_that_is_raised_is_told() -> None:
    found = list(raised())
    assert len(found) > 100
    untold = sorted({each for each in found if each[:2] not in CATALOGUE})
    assert untold == [], "say in cashback/api/document/meanings.py what they mean"


def test_what_pages_alone_call_is_not_called_by_the_api() -> None:
    modules = {
        f"cashback.{each.removesuffix('.py').replace('/', '.')}" for each in OF_PAGES - {"payouts/sepa_files.py"}
    }
    imported = {
        line.split()[1]
        for path in (ROOT / "cashback" / "api").rglob("*.py")
        for line in path.read_text().splitlines()
        if line.startswith("from cashback.")
    }
    assert imported & modules == set()


def test_every_code_of_the_document_is_told() -> None:
    own = {
        (status, code)
        for codes in (*OWN.values(), *SURFACE.values())
        for status, text in codes.items()
        for code in text.split()
    }
    shared = {(status, code) for status, codes in SHARED.items() for code in codes}
    assert sorted((own | shared) - CATALOGUE) == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_of_refusal_is_told(kind: type[ProductError]) -> None:
    assert (kind.status, kind.code) in CATALOGUE


def test_the_catalogue_is_in_order_and_written_down() -> None:
    assert list(MEANINGS) == sorted(MEANINGS)
    for codes in MEANINGS.values():
        assert list(codes) == sorted(codes)
        assert all(meaning.endswith(".") or meaning.endswith("?") for meaning in codes.values())
    with_remedies = {(status, code) for status, codes in REMEDIES.items() for code in codes}
    document = whole_api().openapi()
    shared = document["components"]["responses"]
    answered = {
        (int(status), code)
        for item in document["paths"].values()
        for operation in item.values()
        for status, told in operation["responses"].items()
        for code in (shared[told["$ref"].rsplit("/", 1)[1]] if "$ref" in told else told).get("x-codes", ())
    }
    assert len(answered) > 200
    assert sorted(answered - with_remedies) == [], "say in cashback/api/document/remedies.py what to do"
    assert (ROOT / "docs/errors.md").read_text() == written_errors(), "docs/errors.md is old: tools/api_documents.py"
