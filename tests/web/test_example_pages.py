"""Every example programme has pages that open, in both languages, before the first purchase and after it."""

from pathlib import Path

import pytest
from builders import NOW
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import SIGNER, Site

from cashback.actors import system
from cashback.auth.sessions import Role
from cashback.db.engine import transaction
from cashback.programme_file.reading import parse
from cashback.programme_file.service import apply
from cashback.programmes.operators import open_operator
from cashback.shoppers.service import open_shoppers

EXAMPLES = {path.stem: path.read_text() for path in (Path(__file__).parents[2] / "examples").glob("*.yaml")}


@pytest.mark.parametrize("example", sorted(EXAMPLES))
async def test_an_example_has_a_wallet_and_a_feed(engine: AsyncEngine, site: Site, example: str) -> None:
    operator_id = await open_operator(engine, slug=f"pages-{example}", name=example, now=NOW)
    actor = system(operator_id, "tests")
    async with transaction(engine, operator_id) as connection:
        await apply(connection, actor, parse(EXAMPLES[example]), NOW)
        (shopper_id,) = (await open_shoppers(connection, actor, ["first"], locale="fr", now=NOW)).values()
    for role, path, subject in ((Role.SHOPPER, "wallet", shopper_id), (Role.OPERATOR, "operator/live", None)):
        token = SIGNER.entry_token(role=role, operator_id=operator_id, shopper_id=subject, now=NOW)
        async with site.client() as browser:
            await browser.get("/enter", params={"t": token})
            for language, nothing in (("fr", "Pas encore d’achat"), ("en", "No purchase yet")):
                answer = await browser.get(f"/{language}/{path}")
                assert answer.status_code == 200
                assert nothing in answer.text


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4
