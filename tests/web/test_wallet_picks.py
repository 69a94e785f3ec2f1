"""The part of a wallet that earned nothing: every page of it, and nothing else."""

import re
from datetime import timedelta

from builders import NOW, a_house, a_purchase, a_shopper
from shopper_site import an_app
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import words

ROW = re.compile(r'<li class="purchase" id="(pur_\w+)">(.*?)</summary>', re.S)
OLDER = re.compile(r'href="/\w\w/wallet(\?before=[^"#]+)#')


async def test_purchases_that_earned_nothing_are_shown_alone_page_by_page(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    camille = await a_shopper(house)
    async with an_app(engine, house, camille) as app:
        assert "only=nothing" not in (await app.get("")).text, "nothing was bought yet"
        assert "Every purchase earned something" in words((await app.get("?only=nothing")).text)
        for hours in range(50):
            at = NOW - timedelta(days=9, hours=hours)
            await a_purchase(camille, minor=20_00 + hours, at=at, shop="maison-lumiere" if hours % 2 else None)
        every, path = [], ""
        while path is not None:
            page = (await app.get(path)).text
            every += ROW.findall(page)
            path = older[1].replace("&amp;", "&") if (older := OLDER.search(page)) else None
        bare = [key for key, row in every if 'class="gain' not in row]
        assert (len(every), len(bare)) == (50, 25)
        shown, path = [], "?only=nothing"
        while path is not None:
            page = (await app.get(path)).text
            assert 'href="/en/wallet?only=nothing#purchases-title" aria-current="true"' in page
            assert "data-stream" not in page, "a part of the wallet does not follow what happens"
            shown += [key for key, _ in ROW.findall(page)]
            path = older[1].replace("&amp;", "&") if (older := OLDER.search(page)) else None
        assert shown == bare
        assert "Sans récompense" in words((await app.get("?only=nothing", "fr")).text)
