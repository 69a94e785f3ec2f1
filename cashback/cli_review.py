"""`cashback merchants review | drift | learning | outlets | aliases`: what is learned of identifiers, by whose word.

Added to the group of `cashback.cli_merchants`. See docs/matching-memory.md.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from cashback.actors import Scope, system
from cashback.cli_run import Run, acting, by_person, of_operator
from cashback.db.engine import fetch, transaction
from cashback.merchants.drifting import accept_drift, list_drifts
from cashback.merchants.match_files import read_shops
from cashback.merchants.memo.aliases import Key
from cashback.merchants.memo.drift import Drift
from cashback.merchants.outlets import Replaced, save_outlets
from cashback.merchants.reviewing import Answered, Question, Verdict, answer, list_questions
from cashback.merchants.schemas import instant
from cashback.merchants.settings import MatchSettings, load_settings, turn_on
from cashback.money import exponent
from cashback.programmes.service import load_programme
from cashback.runtime import Runtime

_UTC = ZoneInfo("UTC")
ALIASES_MAX = 500

_ALIASES = """
SELECT a.network, a.scheme, a.value, a.fingerprint, a.state, s.code, a.origin, a.valid_from, a.valid_until, a.why
FROM merchant_aliases a LEFT JOIN shops s ON s.operator_id = a.operator_id AND s.id = a.shop_id
WHERE a.operator_id = $1 AND a.closed_at IS NULL AND ($2 = '' OR s.code = $2)
ORDER BY a.network, a.scheme, a.value, a.fingerprint, a.valid_from LIMIT $3
"""


def _instant(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    try:
        return instant(text or "", _UTC)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _identifier(_: click.Context, __: click.Parameter, text: str) -> str:
    scheme, _sign, value = text.partition(":")
    if not scheme or not value:
        raise click.BadParameter(f"expected scheme:value such as mid:11112222, got {text[:64]!r}")
    return text


_network = click.argument("network")
_name = click.argument("identifier", metavar="SCHEME:VALUE", callback=_identifier)


@dataclass(frozen=True, slots=True)
class _Said:
    verdict: Verdict
    shop: str | None


class _SampleToo(click.Group):
    """`review --sample N` is `review sample --sample N`: a sample is asked for where the queue is."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        if first.startswith("-") and any(each.partition("=")[0] == "--sample" for each in args):
            args = ["sample", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_SampleToo)
def review() -> None:
    """What waits for a person: one question an identifier, the most money first.

    With --sample N: so many automatic accepts at random, to be judged as a running audit.
    """


@review.command("list")
@of_operator
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200), help="Questions at most")
@click.pass_obj
def list_review(run: Run, slug: str, limit: int) -> None:
    """The questions that wait, with what was seen and the shops that evidence proposes."""

    async def work(runtime: Runtime, operator_id: UUID) -> tuple[list[Question], str]:
        async with transaction(runtime.engine, operator_id) as connection:
            programme = await load_programme(connection, operator_id)
            return await list_questions(connection, operator_id, limit), programme.currency

    questions, currency = run(slug, work)
    for each in questions:
        click.echo("\n".join(_question(each, currency)))
    if not questions:
        click.echo("nothing waits for a person")


@review.command("answer")
@_network
@_name
@of_operator
@by_person
@click.option("--shop", help="Code of the shop whose it is")
@click.option("--not-ours", is_flag=True, help="It belongs to no shop of the programme")
@click.option("--shared", is_flag=True, help="Several places use it: ask of each text under it")
@click.option("--skip", is_flag=True, help="I cannot tell: ask again when more waits")
@click.option("--text", "fingerprint", default="", help="Only this text under it, as the list shows it")
@click.option("--since", callback=_instant, help="From which purchase on; the earliest that waits if left out")
@click.pass_obj
def answer_review(
    run: Run,
    /,
    network: str,
    identifier: str,
    slug: str,
    person: str,
    fingerprint: str,
    since: datetime | None,
    **said: Any,
) -> None:
    """Answer for NETWORK SCHEME:VALUE. It settles all that wait, and teaches."""
    given = _said(said)
    scheme, _, value = identifier.partition(":")

    async def work(runtime: Runtime, operator_id: UUID) -> Answered:
        actor = acting(operator_id, person, Scope.PROGRAMME)
        async with transaction(runtime.engine, operator_id) as connection:
            return await answer(
                connection,
                actor,
                Key(network, scheme, value, fingerprint),
                given.verdict,
                shop=given.shop,
                since=since,
                now=runtime.clock.now(),
            )

    done: Answered = run(slug, work)
    click.echo(f"{done.purchases} purchases waited; the worker matches them again")
    for each in done.aliases:
        until = "" if each.valid_until is None else f" until {each.valid_until:%Y-%m-%d %H:%M}"
        click.echo(f"  from {each.valid_from:%Y-%m-%d %H:%M}{until}: {each.state} {each.shop or ''} ({each.why})")


def _said(given: dict[str, Any]) -> _Said:
    chosen: list[Verdict] = [verdict for verdict in Verdict if verdict is not Verdict.SHOP and given[verdict.value]]
    if given["shop"] is not None:
        chosen.append(Verdict.SHOP)
    if len(chosen) != 1:
        raise click.UsageError("expected one of --shop CODE, --not-ours, --shared, --skip")
    return _Said(chosen[0], given["shop"])


def _question(question: Question, currency: str) -> list[str]:
    key = question.key
    text = f'  --text "{key.fingerprint}"' if key.fingerprint else ""
    money = f"{Decimal(question.waiting_minor).scaleb(-exponent(currency))} {currency}"
    lines = [
        f"{key.network} {key.name}{text}",
        f"  {question.purchases} purchases on {question.cards} cards, {money}, "
        f"{question.first_seen:%Y-%m-%d} to {question.last_seen:%Y-%m-%d}",
    ]
    if question.texts:
        lines.append(
            f"  seen as {', '.join(question.texts)}" + (f" in {', '.join(question.towns)}" * bool(question.towns))
        )
    why = ", ".join((*question.whys, *question.against))
    lines.append(f"  asked because: {why}")
    if question.proposals:
        lines.append("  perhaps " + ", ".join(f"{each.shop} {each.probability:.3f}" for each in question.proposals))
    return lines


@click.group()
def drift() -> None:
    """Identifiers that fell silent, and those that appeared instead."""


@drift.command("list")
@of_operator
@click.pass_obj
def drift_list(run: Run, slug: str) -> None:
    """What is proposed to be mapped, the most missed purchases first."""

    async def work(runtime: Runtime, operator_id: UUID) -> tuple[Drift, ...]:
        async with transaction(runtime.engine, operator_id) as connection:
            return await list_drifts(connection, operator_id, runtime.clock.now())

    drifts = run(slug, work)
    for each in drifts:
        click.echo(
            f"{each.shop}: {each.network} {each.silent} is silent since {each.silent_since}, some "
            f"{each.expected:.0f} purchases should have come; {each.appeared} has {each.purchases} since "
            f"{each.first_seen} as {each.descriptor!r}" + (", and others fit as well" if each.ambiguous else "")
        )
    if not drifts:
        click.echo("no known identifier fell silent while an unknown one appeared under its name")


@drift.command("accept")
@_network
@_name
@of_operator
@by_person
@click.option("--shop", help="Code of the shop, where several fit")
@click.pass_obj
def drift_accept(run: Run, network: str, identifier: str, slug: str, person: str, shop: str | None) -> None:
    """Give the shop the identifier NETWORK SCHEME:VALUE that appeared; what was missed is matched again."""

    async def work(runtime: Runtime, operator_id: UUID) -> Drift:
        actor = acting(operator_id, person, Scope.PROGRAMME)
        async with transaction(runtime.engine, operator_id) as connection:
            return await accept_drift(
                connection, actor, network=network, appeared=identifier, shop=shop, now=runtime.clock.now()
            )

    done: Drift = run(slug, work)
    click.echo(
        f"{done.appeared} is {done.shop}'s from {done.first_seen} on; {done.purchases} purchases are matched again"
    )


@click.command()
@of_operator
@click.option("--since", callback=_instant, help="Purchases from then on are matched by memory")
@click.option("--evidence-since", callback=_instant, help="And from then on by evidence")
@click.option("--no-evidence", is_flag=True, help="Evidence proposes, and decides nothing")
@click.pass_obj
def learning(run: Run, slug: str, since: datetime | None, evidence_since: datetime | None, no_evidence: bool) -> None:
    """Show since when purchases are matched by memory and by evidence, or say so. Both are off at first."""
    if no_evidence and evidence_since is not None:
        raise click.UsageError("expected --evidence-since or --no-evidence, not both")

    async def work(runtime: Runtime, operator_id: UUID) -> MatchSettings | None:
        async with transaction(runtime.engine, operator_id) as connection:
            held = await load_settings(connection, operator_id)
            if since is None and evidence_since is None and not no_evidence:
                return held
            begin = since or (held.since if held else evidence_since)
            if begin is None:
                raise click.UsageError("matching by memory is off: say --since when it begins")
            kept = None if no_evidence else evidence_since or (held.evidence_since if held else None)
            return await turn_on(
                connection,
                system(operator_id, "cli"),
                since=begin,
                evidence_since=kept,
                now=runtime.clock.now(),
            )

    settings = run(slug, work)
    if settings is None:
        click.echo("off: the identifiers of the programme decide alone")
        return
    evidence = "never" if settings.evidence_since is None else _shown(settings.evidence_since)
    click.echo(f"by memory since {_shown(settings.since)}, by evidence since {evidence}")


@click.command()
@click.argument("file", metavar="SHOPS.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@of_operator
@click.option("--dry-run", is_flag=True, help="Only check the file and say what would change")
@click.option("--replace", is_flag=True, help="Needed where what is stored would change or go")
@click.pass_obj
def outlets(run: Run, file: Path, slug: str, dry_run: bool, replace: bool) -> None:
    """Say what evidence is held against: shops (by code) with their places, rivals, complete brands.

    The file takes the place of all that is stored, and what that changes is told; nothing goes without --replace. The
    columns are those of `cashback merchants match`, see docs/matching.md. Identifiers in it are not imported.
    """
    given = read_shops(file)

    async def work(runtime: Runtime, operator_id: UUID) -> Replaced:
        async with transaction(runtime.engine, operator_id) as connection:
            actor, now = system(operator_id, "cli"), runtime.clock.now()
            allowed = replace or dry_run
            done = await save_outlets(connection, actor, given.outlets, given.brands, now, replace=allowed)
            if dry_run:
                await connection.rollback()
            return done

    done: Replaced = run(slug, work)
    if done.anything:
        click.echo(str(done))
    members = sum(each.member for each in given.outlets)
    complete = sum(bool(each.outlets_complete) for each in given.brands)
    click.echo(f"{members} shops, {len(given.outlets) - members} outlets outside, {complete} complete brands")
    if dry_run:
        click.echo("nothing was stored (--dry-run)")


@click.command()
@of_operator
@click.option("--shop", default="", help="Only of the shop of this code")
@click.pass_obj
def aliases(run: Run, slug: str, shop: str) -> None:
    """What is believed of identifiers that the programme does not give."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[Any]:
        async with transaction(runtime.engine, operator_id) as connection:
            return list(await fetch(connection, _ALIASES, (operator_id, shop, ALIASES_MAX)))

    found = run(slug, work)
    for each in found:
        until = "" if each.valid_until is None else f" until {_shown(each.valid_until)}"
        text = f" [{each.fingerprint}]" if each.fingerprint else ""
        click.echo(
            f"{each.network} {each.scheme}:{each.value}{text}: {each.state} {each.code or '-'} by {each.origin}, "
            f"from {_shown(each.valid_from)}{until} ({each.why})"
        )
    if not found:
        click.echo("nothing is believed yet")


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
