"""Array literals carry any text and any bytes to PostgreSQL and nothing else."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from webhooks.literals import array_literal, escaped, quoted

TEXTS = ["", "NULL", "null", "a b", "a,b", "{}", '"', "\\", '\\"', '","', "\n\t", "é€😀", "'; --", " "]
OCTETS = [b"", b"\0", b"\\", b'"', bytes(range(256))]


@pytest.mark.parametrize("texts", [TEXTS, [], ["only"], *([each] for each in TEXTS)])
async def test_texts_come_back_as_they_were(engine: AsyncEngine, texts: list[str]) -> None:
    async with engine.connect() as connection:
        literal = array_literal([quoted(text) for text in texts])
        found = await connection.exec_driver_sql("SELECT $1::text::text[]", (literal,))
        assert found.scalar_one() == texts


async def test_bytes_and_nulls_come_back_as_they_were(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        literal = array_literal([*(escaped(octets) for octets in OCTETS), "NULL"])
        found = await connection.exec_driver_sql("SELECT $1::text::bytea[]", (literal,))
        assert found.scalar_one() == [*OCTETS, None]
