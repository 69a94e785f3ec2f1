"""`cashback offer`: the life of an offer at the command line. Every change names the person who makes it (`--as`)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.cli_run import Run, acting, of_operator
from cashback.cli_run import person as named_person
from cashback.db.engine import transaction
from cashback.offers import drafts
from cashback.offers.changes import difference
from cashback.offers.commands import Done, unknown_offer
from cashback.offers.journal import OFFERS_PAGE, History, find_history, list_histories
from cashback.programme_file.budgets import save_budgets
from cashback.programme_file.reading import parse_offer
from cashback.programme_file.service import read_current
from cashback.programmes.service import no_programme
from cashback.runtime import Runtime

Command = Callable[[AsyncConnection, Actor, datetime], Awaitable[Done]]


def _instant(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise click.BadParameter(f"expected an instant with its offset such as 2026-12-01T00:00+01:00, got {text!r}")
    return at


_as = click.option(
    "--as", "person", required=True, callback=named_person, help="Who does it; nobody approves their own"
)
_revision = click.option("--revision", required=True, type=click.IntRange(0), help="The revision that you have read")
_why = click.option("--reason", help="Why, to be remembered")
_reason = click.option("--reason", required=True, help="Why, in a sentence")


@click.group()
def offer() -> None:
    """Offers: list, show, draft, submit, approve, pause, resume, end, cancel, stop. See docs/offers.md."""


@offer.command("list")
@of_operator
@click.pass_obj
def list_(run: Run, slug: str) -> None:
    """Every offer with its status, its live version and its open draft."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        lines: list[str] = []
        after = ""
        while True:
            async with transaction(runtime.engine, operator_id) as connection:
                page = await list_histories(connection, operator_id, after=after)
            lines += [_line(each, runtime.clock.now()) for each in page]
            if len(page) < OFFERS_PAGE:
                return lines
            after = page[-1].code

    click.echo("\n".join(run(slug, work)) or "there is no offer")


@offer.command()
@click.argument("code")
@of_operator
@click.pass_obj
def show(run: Run, code: str, slug: str) -> None:
    """The versions of offer CODE, its open draft with what it would change, and every move."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        async with transaction(runtime.engine, operator_id) as connection:
            history = await find_history(connection, operator_id, code)
        if history is None:
            raise unknown_offer(code)
        return _shown(history, runtime.clock.now())

    click.echo("\n".join(run(slug, work)))


@offer.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@of_operator
@_as
@_revision
@click.pass_obj
def draft(run: Run, file: Path, slug: str, person: str, revision: int) -> None:
    """Write the offer in FILE (as it stands below `offers:` in a programme file) as a revision of its draft.

    A new code has revision 0.
    """
    text = file.read_text(encoding="utf-8")

    async def work(runtime: Runtime, operator_id: UUID) -> tuple[str, Done]:
        now = runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            current = await read_current(connection, operator_id, now)
            if current is None:
                raise no_programme()
            entry = parse_offer(text, current, str(file))
            actor = _actor(operator_id, person)
            done = await drafts.revise(
                connection, actor, entry.code, entry.terms(), expected_revision=revision, now=now
            )
            return entry.code, done

    code, done = run(slug, work)
    click.echo(f"offer {code} is at revision {done.revision}; nothing is live of it before another person approves")
    for line in done.changes_to_live:
        click.echo(f"  {line}")


@offer.command()
@click.argument("code")
@of_operator
@_as
@_revision
@click.pass_obj
def submit(run: Run, code: str, slug: str, person: str, revision: int) -> None:
    """Ask another person to approve the draft of offer CODE."""
    done = _do(run, slug, person, lambda c, a, now: drafts.submit(c, a, code, expected_revision=revision, now=now))
    click.echo(f"offer {code} is submitted at revision {done.revision}; another person approves it")


@offer.command()
@click.argument("code")
@of_operator
@_as
@_revision
@click.option("--starts-at", callback=_instant, help="Begin at this instant instead of now")
@click.option("--ends-at", callback=_instant, help="End at this instant")
@click.pass_obj
def approve(
    run: Run,
    code: str,
    slug: str,
    person: str,
    revision: int,
    starts_at: datetime | None,
    ends_at: datetime | None,
) -> None:
    """Approve the draft of offer CODE that somebody else wrote and submitted."""

    def command(connection: AsyncConnection, actor: Actor, now: datetime) -> Awaitable[Done]:
        return drafts.approve(
            connection,
            actor,
            code,
            expected_revision=revision,
            now=now,
            save_budgets=save_budgets,
            starts_at=starts_at,
            ends_at=ends_at,
        )

    done = _do(run, slug, person, command)
    begins = "" if done.live_from is None else f" from {_said(done.live_from)} on"
    click.echo(f"version {done.version} of offer {code} judges purchases{begins}")


@offer.command("request-changes")
@click.argument("code")
@of_operator
@_as
@_revision
@_reason
@click.pass_obj
def request_changes(run: Run, code: str, slug: str, person: str, revision: int, reason: str) -> None:
    """Send the draft of offer CODE back to its author."""
    _do(
        run,
        slug,
        person,
        lambda c, a, now: drafts.request_changes(c, a, code, reason=reason, expected_revision=revision, now=now),
    )
    click.echo(f"the draft of offer {code} is sent back")


@offer.command()
@click.argument("code")
@of_operator
@_as
@_revision
@_reason
@click.pass_obj
def reject(run: Run, code: str, slug: str, person: str, revision: int, reason: str) -> None:
    """Close the draft of offer CODE; nothing comes of it."""
    _do(
        run,
        slug,
        person,
        lambda c, a, now: drafts.reject(c, a, code, reason=reason, expected_revision=revision, now=now),
    )
    click.echo(f"the draft of offer {code} is rejected")


@offer.command()
@click.argument("code")
@of_operator
@_as
@_revision
@_why
@click.pass_obj
def pause(run: Run, code: str, slug: str, person: str, revision: int, reason: str | None) -> None:
    """Pause offer CODE, to be resumed with the same terms."""
    _do(
        run,
        slug,
        person,
        lambda c, a, now: drafts.pause(c, a, code, reason=reason, expected_revision=revision, now=now),
    )
    click.echo(f"offer {code} is paused; purchases from now on do not earn by it")


@offer.command()
@click.argument("code")
@of_operator
@_as
@_revision
@click.pass_obj
def resume(run: Run, code: str, slug: str, person: str, revision: int) -> None:
    """Resume the paused offer CODE with the same terms."""
    done = _do(run, slug, person, lambda c, a, now: drafts.resume(c, a, code, expected_revision=revision, now=now))
    click.echo(f"version {done.version} of offer {code} is live with the terms it was paused with")


@offer.command()
@click.argument("code")
@of_operator
@_as
@_revision
@_why
@click.pass_obj
def end(run: Run, code: str, slug: str, person: str, revision: int, reason: str | None) -> None:
    """End offer CODE for good."""
    _do(run, slug, person, lambda c, a, now: drafts.end(c, a, code, reason=reason, expected_revision=revision, now=now))
    click.echo(f"offer {code} has ended; what was promised until now stands")


@offer.command()
@click.argument("code")
@of_operator
@_as
@_revision
@click.pass_obj
def cancel(run: Run, code: str, slug: str, person: str, revision: int) -> None:
    """Cancel the version of offer CODE that is to begin; the live one stays as it was."""
    done = _do(run, slug, person, lambda c, a, now: drafts.cancel(c, a, code, expected_revision=revision, now=now))
    click.echo(f"version {done.version} of offer {code} is cancelled")


@offer.command()
@click.argument("code")
@of_operator
@_as
@_reason
@click.pass_obj
def stop(run: Run, code: str, slug: str, person: str, reason: str) -> None:
    """Emergency stop of offer CODE: what is live closes and what is to come is cancelled, at once."""
    _do(run, slug, person, lambda c, a, now: drafts.stop(c, a, code, reason=reason, now=now))
    click.echo(f"offer {code} is stopped")


def _do(run: Run, slug: str, person: str, command: Command) -> Done:
    async def work(runtime: Runtime, operator_id: UUID) -> Done:
        async with transaction(runtime.engine, operator_id) as connection:
            return await command(connection, _actor(operator_id, person), runtime.clock.now())

    done: Done = run(slug, work)
    return done


def _actor(operator_id: UUID, person: str) -> Actor:
    """Whoever may run commands holds both scopes; that two people are needed is decided by their names."""
    return acting(operator_id, person, Scope.PROGRAMME, Scope.APPROVAL)


def _line(history: History, now: datetime) -> str:
    standing = history.standing(now)
    parts = [f"{history.code}  {standing.status.value}"]
    if standing.live is not None:
        parts.append(f"version {standing.live} is live")
    upcoming = history.version(standing.upcoming)
    if upcoming is not None:
        parts.append(f"version {upcoming.version} begins at {_said(upcoming.live_from)}")
    if history.draft and history.draft_state is not None:
        parts.append(f"draft {history.draft_state.value} by {history.draft[-1].author}")
    return ", ".join([*parts, f"revision {history.revision}"])


def _shown(history: History, now: datetime) -> list[str]:
    live = history.version(history.standing(now).live)
    lines = [_line(history, now)]
    for place, each in enumerate(history.versions):
        since = "ever" if each.live_from is None else _said(each.live_from)
        until = "" if each.live_until is None else f" until {_said(each.live_until)}"
        lines.append(f"version {each.version}  since {since}{until}, by {each.author}")
        lines += [f"  {line}" for line in difference(history.versions[place - 1].terms if place else None, each.terms)]
    if history.draft:
        newest = history.draft[-1]
        lines.append(f"draft  revision {newest.revision} by {newest.author}, against what is live:")
        lines += [f"  {line}" for line in difference(None if live is None else live.terms, newest.terms)]
    for move in history.moves:
        what = move.move.value if move.version is None else f"{move.move.value} version {move.version}"
        why = "" if move.reason is None else f": {move.reason}"
        lines.append(f"{_said(move.at)}  {move.actor}  {what}{why}")
    return lines


def _said(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(sep=" ", timespec="seconds")
