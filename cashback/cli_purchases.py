"""`cashback purchases`: what people rule on purchases that several sources told."""

from uuid import UUID

import click

from cashback.actors import Scope
from cashback.cli_run import Run, acting, by_person, of_operator
from cashback.ids import parse
from cashback.pipeline import Road, join_purchases, split_purchase
from cashback.runtime import Runtime


def _ids(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> list[UUID]:
    try:
        return [parse("pur", text) for text in texts]
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_reason = click.option("--reason", required=True, help="Why, in words that others will read")


@click.group()
def purchases() -> None:
    """Join purchases that are one, part those that are two; the wallet follows by itself."""


@purchases.command()
@click.argument("ids", metavar="PURCHASE PURCHASE...", nargs=-1, required=True, callback=_ids)
@of_operator
@by_person
@_reason
@click.pass_obj
def join(run: Run, ids: list[UUID], slug: str, person: str, reason: str) -> None:
    """Rule that these purchases of one shopper are one."""

    async def work(runtime: Runtime, operator_id: UUID) -> None:
        by = acting(operator_id, person, Scope.SHOPPERS)
        road, now = Road(runtime.keyring), runtime.clock.now()
        await join_purchases(runtime.engine, road, by, ids, reason=reason, now=now)

    run(slug, work)
    click.echo("joined: one of them stands for all and earns once")


@purchases.command()
@click.argument("ids", metavar="PURCHASE", nargs=1, required=True, callback=lambda a, b, text: _ids(a, b, (text,)))
@of_operator
@by_person
@_reason
@click.pass_obj
def split(run: Run, ids: list[UUID], slug: str, person: str, reason: str) -> None:
    """Rule that this purchase is another one than those it was recognised as one with."""

    async def work(runtime: Runtime, operator_id: UUID) -> None:
        by = acting(operator_id, person, Scope.SHOPPERS)
        road, now = Road(runtime.keyring), runtime.clock.now()
        await split_purchase(runtime.engine, road, by, ids[0], reason=reason, now=now)

    run(slug, work)
    click.echo("parted: it stands by itself")
