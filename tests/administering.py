"""What is done to the server of the tests itself: databases made and dropped, connections ended."""

from sqlalchemy import make_url

from cashback.db.engine import open_engine


def at(server_url: str, database: str) -> str:
    """The same server, another database."""
    return make_url(server_url).set(database=database).render_as_string(hide_password=False)


async def administer(server_url: str, statement: str) -> None:
    """One statement outside any transaction."""
    engine = open_engine(server_url, role=None, pool_size=1).execution_options(isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.exec_driver_sql(statement)
    finally:
        await engine.dispose()
