"""`cashback endpoints`: where events are sent, what became of them, and sending them again."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import click

from cashback.actors import Actor, Scope
from cashback.cli_run import Run, acting, by_person, of_operator
from cashback.courier import service
from cashback.courier.service import unknown_endpoint
from cashback.db.engine import transaction
from cashback.events.catalogue import EVENTS
from cashback.ids import parse, show
from cashback.runtime import Runtime
from webhooks import delivery_log
from webhooks.endpoints import Endpoint
from webhooks.outbox import TEST, read_id, show_id
from webhooks.schedule import State

_endpoint = click.argument("endpoint")


def _instant(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"expected 2026-11-29 or 2026-11-29T18:00:00+01:00, got {text[:64]!r}") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _id(text: str) -> UUID:
    try:
        return parse("whe", text)
    except ValueError:
        raise unknown_endpoint(text) from None


def _acting(operator_id: UUID, person: str) -> Actor:
    return acting(operator_id, person, Scope.WEBHOOKS)


@click.group()
def endpoints() -> None:
    """Endpoints: where events are sent. See docs/webhooks.md."""


@endpoints.command()
@click.argument("url")
@of_operator
@by_person
@click.option(
    "--type", "types", multiple=True, help="What it listens to: reward.earned, reward.*; everything if left out"
)
@click.option("--ed25519", is_flag=True, help="Sign by a key pair too, whose public half anybody may know")
@click.pass_obj
def add(run: Run, url: str, slug: str, person: str, types: tuple[str, ...], ed25519: bool) -> None:
    """Send events to URL from now on. Its secret is printed this once."""

    async def work(runtime: Runtime, operator_id: UUID) -> service.Opened:
        return await service.add(
            runtime.engine,
            runtime.keyring,
            runtime.egress,
            _acting(operator_id, person),
            url=url,
            types=types or None,
            ed25519=ed25519,
            now=runtime.clock.now(),
        )

    opened: service.Opened = run(slug, work)
    click.echo("\n".join((show("whe", opened.id), *opened.secrets)))


@endpoints.command()
@_endpoint
@of_operator
@by_person
@click.option("--url", help="Another address; it begins without failures, and what is pending is sent to it")
@click.option("--type", "types", multiple=True, help="What it listens to from now on, in the place of what it did")
@click.option("--everything", is_flag=True, help="Listen to everything from now on")
@click.pass_obj
def change(
    run: Run, endpoint: str, slug: str, person: str, url: str | None, types: tuple[str, ...], everything: bool
) -> None:
    """Give ENDPOINT another address or other types; its secrets stay."""
    if types and everything:
        raise click.UsageError("say --type or --everything, not both")

    async def work(runtime: Runtime, operator_id: UUID) -> Endpoint:
        return await service.change(
            runtime.engine,
            runtime.egress,
            _acting(operator_id, person),
            _id(endpoint),
            url=url,
            types=types or None,
            everything=everything,
            now=runtime.clock.now(),
        )

    click.echo(_line(run(slug, work)))


@endpoints.command()
@_endpoint
@of_operator
@by_person
@click.pass_obj
def remove(run: Run, endpoint: str, slug: str, person: str) -> None:
    """Send nothing more to ENDPOINT, forget its secrets and let go of its address; what is pending is not sent."""

    async def work(runtime: Runtime, operator_id: UUID) -> bool:
        async with transaction(runtime.engine, operator_id) as connection:
            actor, now = _acting(operator_id, person), runtime.clock.now()
            return await service.remove(connection, actor, _id(endpoint), now)

    click.echo("removed" if run(slug, work) else "was removed already")


@endpoints.command("list")
@of_operator
@by_person
@click.pass_obj
def list_(run: Run, slug: str, person: str) -> None:
    """Every endpoint, whether it works, and how many attempts of the last 24 hours succeeded."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[Endpoint]:
        async with transaction(runtime.engine, operator_id) as connection:
            return await service.listed(connection, _acting(operator_id, person), runtime.clock.now())

    for each in run(slug, work):
        click.echo(_line(each))


@endpoints.command()
@_endpoint
@of_operator
@by_person
@click.option("--overlap-hours", type=click.IntRange(0, 720), default=24, show_default=True, help="Both sign so long")
@click.option("--ed25519", is_flag=True, help="Another key pair instead of another shared secret")
@click.pass_obj
def rotate(run: Run, endpoint: str, slug: str, person: str, overlap_hours: int, ed25519: bool) -> None:
    """Give ENDPOINT another secret, printed this once; the old one signs too for a while."""

    async def work(runtime: Runtime, operator_id: UUID) -> service.Rotated:
        async with transaction(runtime.engine, operator_id) as connection:
            return await service.rotate(
                connection,
                runtime.keyring,
                _acting(operator_id, person),
                _id(endpoint),
                overlap=timedelta(hours=overlap_hours),
                scheme="v1a" if ed25519 else "v1",
                now=runtime.clock.now(),
            )

    made: service.Rotated = run(slug, work)
    click.echo(made.secret)
    if made.old_until is not None:
        click.echo(f"the old one signs too until {made.old_until:%Y-%m-%d %H:%M} UTC", err=True)


@endpoints.command()
@_endpoint
@of_operator
@by_person
@click.option("--why", help="In words that others will read")
@click.pass_obj
def disable(run: Run, endpoint: str, slug: str, person: str, why: str | None) -> None:
    """Send nothing more to ENDPOINT."""

    async def work(runtime: Runtime, operator_id: UUID) -> bool:
        async with transaction(runtime.engine, operator_id) as connection:
            actor, now = _acting(operator_id, person), runtime.clock.now()
            return await service.disable(connection, actor, _id(endpoint), why, now)

    click.echo("disabled" if run(slug, work) else "was disabled already")


@endpoints.command()
@_endpoint
@of_operator
@by_person
@click.pass_obj
def enable(run: Run, endpoint: str, slug: str, person: str) -> None:
    """Send to ENDPOINT again; what it missed is sent by `replay`."""

    async def work(runtime: Runtime, operator_id: UUID) -> bool:
        async with transaction(runtime.engine, operator_id) as connection:
            actor, now = _acting(operator_id, person), runtime.clock.now()
            return await service.enable(connection, actor, _id(endpoint), now)

    click.echo("enabled" if run(slug, work) else "was enabled already")


@endpoints.command()
@_endpoint
@of_operator
@by_person
@click.option("--type", "type_", default=TEST, show_default=True, help="An example of this type, marked as a test")
@click.pass_obj
def test(run: Run, endpoint: str, slug: str, person: str, type_: str) -> None:
    """Send a test to ENDPOINT; a worker does it within a second, unless the endpoint is held."""

    async def work(runtime: Runtime, operator_id: UUID) -> UUID:
        async with transaction(runtime.engine, operator_id) as connection:
            actor, now = _acting(operator_id, person), runtime.clock.now()
            return await service.send_test(connection, actor, _id(endpoint), now, type_)

    click.echo(show_id(run(slug, work)))


@endpoints.command()
@_endpoint
@of_operator
@by_person
@click.option("--state", type=click.Choice([each.value for each in State]), help="Only those that stand so")
@click.option("--type", "type_", help="Only of this type, also as reward.*")
@click.option("--message", help="One message: what was sent, and every attempt")
@click.pass_obj
def deliveries(
    run: Run, endpoint: str, slug: str, person: str, state: str | None, type_: str | None, message: str | None
) -> None:
    """The newest deliveries to ENDPOINT, or one of them whole."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        endpoint_id = _id(endpoint)
        async with transaction(runtime.engine, operator_id) as connection:
            await service.find(connection, _acting(operator_id, person), endpoint_id, runtime.clock.now())
            if message is not None:
                now = runtime.clock.now()
                found = await delivery_log.whole(connection, operator_id, endpoint_id, _message(message), now)
                return ["there is no such delivery"] if found is None else _whole(found)
            wanted = None if state is None else State(state)
            page = await delivery_log.deliveries_of(
                connection, operator_id, endpoint_id, now=runtime.clock.now(), state=wanted, type_=type_
            )
            return [_delivery(each) for each in page]

    for line in run(slug, work):
        click.echo(line)


@endpoints.command()
@_endpoint
@of_operator
@by_person
@click.option("--message", help="One message")
@click.option("--failed", is_flag=True, help="All that failed, also what waits for its next try")
@click.option("--since", callback=_instant, help="All that was told from then on, received or not")
@click.option("--until", callback=_instant, help="And before then; now if left out")
@click.pass_obj
def replay(
    run: Run,
    endpoint: str,
    slug: str,
    person: str,
    message: str | None,
    failed: bool,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Send to ENDPOINT again: one --message, all --failed, or all --since an instant."""
    if sum((message is not None, failed, since is not None)) != 1:
        raise click.UsageError("say one of --message, --failed and --since")

    async def work(runtime: Runtime, operator_id: UUID) -> int:
        actor, now, endpoint_id = _acting(operator_id, person), runtime.clock.now(), _id(endpoint)
        async with transaction(runtime.engine, operator_id) as connection:
            if message is not None:
                await service.replay_one(connection, actor, endpoint_id, _message(message), now)
                return 1
            if since is None:
                return await service.replay_failed(connection, actor, endpoint_id, now)
            return await service.replay_between(connection, actor, endpoint_id, since, until or now, now)

    click.echo(f"{run(slug, work)} will be sent again")


@endpoints.command()
def types() -> None:
    """Every type of event, in one sentence each."""
    for name, event in EVENTS.items():
        click.echo(f"{name:<22}{event.summary}")


def _message(text: str) -> UUID:
    try:
        return read_id(text)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _line(each: Endpoint) -> str:
    rate = (
        f"{each.succeeded} of {each.attempted} attempts succeeded in 24 h" if each.attempted else "no attempt in 24 h"
    )
    state = each.state if each.why is None else f"{each.state} since {each.changed_at:%Y-%m-%d %H:%M}: {each.why}"
    if each.one_at_a_time and each.given_up_at is not None:
        state = f"{state}, {each.failures} failures, one at a time, disabled by a failure after "
        state += f"{each.given_up_at:%Y-%m-%d %H:%M}"
    heard = "everything" if each.types is None else ", ".join(each.types)
    return f"{show('whe', each.id)}  {each.url}  {state}  {rate}  {heard}"


def _delivery(each: delivery_log.Delivery) -> str:
    answer = each.error if each.code is None else str(each.code)
    stands = each.state.value if each.progress is None else f"{each.state.value} ({each.progress.value})"
    told = f"{show_id(each.message_id)}  {each.type}  {stands}  {each.attempts} attempts  {answer or '-'}"
    return told if each.next_at is None else f"{told}  next {each.next_at:%Y-%m-%d %H:%M:%S}"


def _whole(found: delivery_log.Whole) -> list[str]:
    lines: list[Any] = [_delivery(found.delivery), json.dumps(json.loads(found.body), ensure_ascii=False, indent=2)]
    for each in found.made:
        answer = each.error if each.code is None else str(each.code)
        lines.append(f"{each.number}  {each.at:%Y-%m-%d %H:%M:%S}  {answer}  {each.milliseconds} ms  {each.excerpt!r}")
    return lines
