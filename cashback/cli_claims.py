"""`cashback claims`: the queue of claimed purchases at the command line. Every answer names who gives it (`--as`)."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.claims import reading, service
from cashback.claims.comparing import Beside
from cashback.claims.reading import Queue, Shown
from cashback.claims.schemas import TO_REFUSE, Claim, Reason
from cashback.claims.words import said
from cashback.cli_run import Run, acting, by_person, of_operator
from cashback.db.engine import transaction
from cashback.ids import parse
from cashback.ids import show as named
from cashback.money import exponent
from cashback.pipeline import Road
from cashback.rewards.snapshot import Snapshot
from cashback.runtime import Runtime

Command = Callable[[AsyncConnection, Snapshot, Actor, Runtime], Awaitable[Any]]


def _claim_id(_: click.Context, __: click.Parameter, text: str | None) -> UUID | None:
    return _id("clm", text)


def _purchase_id(_: click.Context, __: click.Parameter, text: str | None) -> UUID | None:
    return _id("pur", text)


def _id(prefix: str, text: str | None) -> UUID | None:
    try:
        return None if text is None else parse(prefix, text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_claim = click.argument("claim_id", metavar="CLAIM", callback=_claim_id)
_words = click.option("--words", required=True, help="Why, in words that others will read")
_reason = click.option(
    "--reason", required=True, type=click.Choice([each.value for each in TO_REFUSE]), help="What the shopper is told"
)


@click.group()
def claims() -> None:
    """Purchases that shoppers claim: list them, look at the evidence, answer."""


@claims.command("list")
@of_operator
@by_person
@click.option("--after", callback=_claim_id, help="The last claim of the page before")
@click.pass_obj
def list_(run: Run, slug: str, person: str, after: UUID | None) -> None:
    """Open claims, oldest first, and what waits in all."""

    async def work(connection: AsyncConnection, snapshot: Snapshot, actor: Actor, _: Runtime) -> Queue:
        return await reading.read_queue(connection, snapshot, actor, after=after)

    found: Queue = _do(run, slug, person, work)
    for each in found.claims:
        click.echo(f"{_line(each.claim, each.shop.code)}  {len(each.evidence)} near")
    waiting = [f"{_amount(amount, currency)} in {count}" for currency, (count, amount) in found.waiting.items()]
    click.echo(f"waiting: {', '.join(waiting)}" if waiting else "no claim waits")


@claims.command()
@_claim
@of_operator
@by_person
@click.option("--picture", type=click.Path(path_type=Path, dir_okay=False), help="Write the picture to this new file")
@click.option("--all", "everything", is_flag=True, help="Also purchases near it that are certainly other ones")
@click.pass_obj
def show(run: Run, claim_id: UUID, slug: str, person: str, picture: Path | None, everything: bool) -> None:
    """One claim, the purchases that may be it with what agrees and what does not, and their unknown identifiers."""

    async def work(
        connection: AsyncConnection, snapshot: Snapshot, actor: Actor, runtime: Runtime
    ) -> tuple[Shown, bytes | None]:
        shown = await reading.read_claim(connection, snapshot, actor, claim_id)
        if picture is None:
            return shown, None
        seen = await reading.see_picture(connection, runtime.keyring, actor, claim_id, runtime.clock.now())
        return shown, seen[1]

    shown, body = _do(run, slug, person, work)
    click.echo("\n".join(shown_lines(shown, everything=everything)))
    if picture is not None and body is not None:
        try:
            with picture.open("xb") as file:
                file.write(body)
        except OSError as error:
            raise click.ClickException(f"the picture cannot be written: {error}") from error
        click.echo(f"the picture is in {picture}")


@claims.command()
@_claim
@of_operator
@by_person
@_words
@click.option("--purchase", callback=_purchase_id, help="The purchase, told without its shop, that it proves")
@click.pass_obj
def accept(run: Run, claim_id: UUID, slug: str, person: str, words: str, purchase: UUID | None) -> None:
    """Accept CLAIM: it is evidence from now on, and earns."""

    async def work(connection: AsyncConnection, snapshot: Snapshot, actor: Actor, runtime: Runtime) -> Claim:
        now = runtime.clock.now()
        return await service.accept(connection, snapshot, actor, claim_id, words=words, purchase_id=purchase, now=now)

    _say(_do(run, slug, person, work))


@claims.command()
@_claim
@of_operator
@by_person
@_reason
@_words
@click.pass_obj
def refuse(run: Run, claim_id: UUID, slug: str, person: str, reason: str, words: str) -> None:
    """Refuse CLAIM."""

    async def work(connection: AsyncConnection, _: Snapshot, actor: Actor, runtime: Runtime) -> Claim:
        return await service.refuse(connection, actor, claim_id, Reason(reason), words=words, now=runtime.clock.now())

    _say(_do(run, slug, person, work))


@claims.command()
@_claim
@of_operator
@by_person
@_reason
@_words
@click.pass_obj
def withdraw(run: Run, claim_id: UUID, slug: str, person: str, reason: str, words: str) -> None:
    """Take back CLAIM, which was accepted: what it earned goes back."""

    async def work(connection: AsyncConnection, snapshot: Snapshot, actor: Actor, runtime: Runtime) -> Claim:
        why, now = Reason(reason), runtime.clock.now()
        return await service.withdraw(connection, snapshot, actor, claim_id, why, words=words, now=now)

    _say(_do(run, slug, person, work))


@claims.command("map")
@_claim
@click.argument("network")
@click.argument("identifier")
@of_operator
@by_person
@click.pass_obj
def map_(run: Run, claim_id: UUID, network: str, identifier: str, slug: str, person: str) -> None:
    """Let IDENTIFIER (scheme:value) of NETWORK, which came with the purchase of CLAIM, lead to the claim's shop."""

    async def work(runtime: Runtime, operator_id: UUID) -> None:
        async with transaction(runtime.engine, operator_id) as connection:
            actor, now = _actor(operator_id, person), runtime.clock.now()
            await reading.map_identifier(connection, actor, claim_id, network, identifier, now)

    run(slug, work)
    click.echo(f"{network} {identifier} leads to the shop of the claim; purchases told with it are matched again")


def _do(run: Run, slug: str, person: str, command: Command) -> Any:
    async def work(runtime: Runtime, operator_id: UUID) -> Any:
        road = Road(runtime.keyring)
        async with transaction(runtime.engine, operator_id) as connection:
            snapshot = await road.snapshots.current(connection, operator_id)
            return await command(connection, snapshot, _actor(operator_id, person), runtime)

    return run(slug, work)


def _actor(operator_id: UUID, person: str) -> Actor:
    return acting(operator_id, person, Scope.CLAIMS, Scope.PROGRAMME)


def _say(claim: Claim) -> None:
    why = "" if claim.reason is None else f": {said(claim.reason, 'en')}"
    click.echo(f"claim {claim.ref} is {said(claim.state, 'en')}{why}")


def _line(claim: Claim, shop: str) -> str:
    amount = _amount(claim.amount_minor, claim.currency)
    return f"{claim.ref}  {claim.claimed_at:%Y-%m-%d %H:%M}  {shop}  {claim.day}  {amount}  {claim.media_type or '-'}"


def shown_lines(shown: Shown, *, everything: bool) -> list[str]:
    """A claim and what is near it; what is certainly another purchase is counted, or listed with `everything`."""
    claim = shown.claim
    why = "" if claim.reason is None else f": {said(claim.reason, 'en')}"
    answered = "" if claim.answered_by is None else f", by {claim.answered_by}"
    lines = [_line(claim, shown.shop.code), f"  {said(claim.state, 'en')}{why}{answered}"]
    if claim.words is not None:
        lines.append(f"  “{claim.words}”")
    near = [each for each in shown.evidence if everything or _may_be(claim, each)]
    none = "  no purchase near it may be it" if shown.evidence else "  no purchase is near it"
    lines += [_beside(each) for each in near] or [none]
    if len(near) < len(shown.evidence):
        lines.append(f"  {len(shown.evidence) - len(near)} near it are other purchases (--all shows them)")
    listed = {claim.purchase_id, *(each.row.id for each in near)}
    for each in (each for each in shown.unknown if each.purchase_id in listed):
        lines.append(f"  {each.network} {each.name} of {named('pur', each.purchase_id)} leads to no shop")
    return lines


def _may_be(claim: Claim, each: Beside) -> bool:
    """Whether it may be the claimed purchase, or is the one it was answered with."""
    return each.alike is not None or each.row.id == claim.purchase_id


def _beside(each: Beside) -> str:
    folded = each.folded
    called = each.shop.name if each.shop is not None else folded.merchant.get("descriptor") or "-"
    compared = ", ".join(said(code, "en") for code in each.codes)
    amount = _amount(folded.gross_minor, folded.currency)
    day = f"{folded.purchased_at:%Y-%m-%d %H:%M}Z"
    return f"  {named('pur', each.row.id)}  {folded.key.network}  {day}  {amount}  {called}  {folded.state}: {compared}"


def _amount(minor: int, currency: str) -> str:
    return f"{Decimal(minor).scaleb(-exponent(currency))} {currency}"
