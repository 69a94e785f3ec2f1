"""`cashback plans`: plans in instalments, as support and the treasury work with them."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback import checkout
from cashback.actors import Actor, Scope
from cashback.cli_run import Run, acting, by_person, minor, of_operator
from cashback.collecting import withdrawing
from cashback.collecting.calling import Collector
from cashback.collecting.rounds import CHARGE_RAILS
from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.ids import parse
from cashback.ids import show as named
from cashback.instalments import easing, giving_up, reading, remitting, service, storage
from cashback.instalments import settings as told
from cashback.instalments.days import day_of
from cashback.instalments.schemas import Plan, PlanState, RefundPolicy, Settings
from cashback.money import plain
from cashback.pipeline import Road
from cashback.programmes.service import load_programme, lock_revision_shared
from cashback.rewards.snapshot import Snapshot, load_snapshot
from cashback.runtime import Runtime

Command = Callable[[AsyncConnection, Snapshot, Actor, Plan, datetime], Awaitable[Plan]]


def _plan_id(_: click.Context, __: click.Parameter, text: str | None) -> UUID | None:
    try:
        return None if text is None else parse("pln", text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_plan = click.argument("plan_id", metavar="PLAN", callback=_plan_id)


@click.group()
def plans() -> None:
    """Plans in instalments: list, show, ease, undo, write off; the book, and what is to be passed on."""


@plans.command("list")
@of_operator
@click.option("--state", type=click.Choice([each.value for each in PlanState]), help="Only those that stand there")
@click.option("--late", is_flag=True, help="Only those with an instalment that is overdue")
@click.option("--after", callback=_plan_id, help="The last plan of the page before")
@click.pass_obj
def list_(run: Run, slug: str, state: str | None, late: bool, after: UUID | None) -> None:
    """Plans, oldest first, a hundred at a time."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[Plan]:
        async with transaction(runtime.engine, operator_id) as connection:
            zone = (await load_programme(connection, operator_id)).zone
            today = day_of(runtime.clock.now(), zone)
            wanted = None if state is None else PlanState(state)
            return await storage.listed(connection, operator_id, today=today, state=wanted, late=late, after=after)

    found = run(slug, work)
    for each in found:
        click.echo(_line(each))
    if not found:
        click.echo("there is no plan")


@plans.command()
@_plan
@of_operator
@click.pass_obj
def show(run: Run, plan_id: UUID, slug: str) -> None:
    """One plan with its instalments and every move."""

    async def work(runtime: Runtime, operator_id: UUID) -> tuple[Plan, list[Any]]:
        async with transaction(runtime.engine, operator_id) as connection:
            found = await service.find(connection, operator_id, plan_id)
            return found, await storage.moves_of(connection, found)

    found, moves = run(slug, work)
    _show(found)
    for _, what, state, _, by, at in moves:
        click.echo(f"  {at:%Y-%m-%d %H:%M} {what}, {state}, {by}")


def _command(run: Run, slug: str, person: str, plan_id: UUID, scope: Scope, command: Command) -> None:
    """Carry out a command on a plan under its locks, and show what became of it."""

    async def work(runtime: Runtime, operator_id: UUID) -> Plan:
        async with transaction(runtime.engine, operator_id) as connection:
            snapshot = await _snapshot(connection, operator_id)
            found = await service.locked(connection, operator_id, plan_id)
            return await command(connection, snapshot, acting(operator_id, person, scope), found, runtime.clock.now())

    _show(run(slug, work))


@plans.command()
@_plan
@of_operator
@by_person
@click.pass_obj
def pause(run: Run, plan_id: UUID, slug: str, person: str) -> None:
    """Nothing of PLAN falls due for 30 days; once, free of charge."""
    _command(
        run, slug, person, plan_id, Scope.SHOPPERS, lambda c, _, actor, plan, now: easing.pause(c, actor, plan, now)
    )


@plans.command()
@_plan
@click.argument("number", type=click.IntRange(1, 12))
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@of_operator
@by_person
@click.pass_obj
def move(run: Run, plan_id: UUID, number: int, day: datetime, slug: str, person: str) -> None:
    """Instalment NUMBER of PLAN falls due on DAY; once, within what its law allows."""
    to: date = day.date()

    async def command(c: AsyncConnection, _: Snapshot, actor: Actor, plan: Plan, now: datetime) -> Plan:
        return await easing.move_day(c, actor, plan, number, to, now)

    _command(run, slug, person, plan_id, Scope.SHOPPERS, command)


@plans.command()
@_plan
@of_operator
@by_person
@click.pass_obj
def withdraw(run: Run, plan_id: UUID, slug: str, person: str) -> None:
    """The shopper withdraws from PLAN, a credit, within 14 days."""

    async def work(runtime: Runtime, operator_id: UUID) -> Plan:
        collector = Collector(runtime.engine, Road(runtime.keyring), CHARGE_RAILS)
        actor = acting(operator_id, person, Scope.SHOPPERS)
        return await withdrawing.withdraw(collector, actor, plan_id, runtime.clock.now())

    _show(run(slug, work))


@plans.command()
@_plan
@click.argument("amount")
@of_operator
@by_person
@click.option("--key", required=True, help="Idempotency key: the same key refunds once")
@click.pass_obj
def refund(run: Run, plan_id: UUID, amount: str, slug: str, person: str, key: str) -> None:
    """The shop gives back AMOUNT (10.00) of the sale that PLAN pays."""

    async def command(c: AsyncConnection, snapshot: Snapshot, actor: Actor, plan: Plan, now: datetime) -> Plan:
        return await checkout.refund(c, snapshot, actor, plan, minor(amount, plan.currency), key, now)

    _command(run, slug, person, plan_id, Scope.MONEY, command)


@plans.command("write-off")
@_plan
@of_operator
@by_person
@click.option("--words", required=True, help="Why, in words that others will read")
@click.pass_obj
def write_off(run: Run, plan_id: UUID, slug: str, person: str, words: str) -> None:
    """Ask for PLAN to be written off, or agree to what somebody else asked."""

    async def command(c: AsyncConnection, _: Snapshot, actor: Actor, plan: Plan, now: datetime) -> Plan:
        return await giving_up.write_off(c, actor, plan, words, now)

    _command(run, slug, person, plan_id, Scope.MONEY, command)


@plans.command()
@of_operator
@click.pass_obj
def book(run: Run, slug: str) -> None:
    """Exposure, what is due, what is late by age, what was lost."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[reading.Book]:
        async with transaction(runtime.engine, operator_id) as connection:
            return await reading.book(connection, operator_id, runtime.clock.now())

    found = run(slug, work)
    for each in found:
        rows = {
            "lent": each.lent_minor, "refunded": each.refunded_minor, "exposure": each.exposure_minor,
            "owed": each.owed_minor, "due today": each.due_today_minor, "due in 30 days": each.due_30_days_minor,
            **{f"late {days} days": amount for days, amount in each.late_minor.items()},
            "collected": each.collected_minor, "to go back": each.to_return_minor, "fees": each.fees_minor,
            "lost": each.lost_minor,
        }  # fmt: skip
        click.echo(f"{each.currency}: " + ", ".join(f"{number} {state}" for state, number in each.plans.items()))
        for name, amount in rows.items():
            click.echo(f"  {name}: {plain(amount, each.currency)}")
        click.echo(f"  cost of risk: {each.cost_of_risk_bps / 100:.2f} %")
    if not found:
        click.echo("there is no plan")


@plans.command()
@of_operator
@click.pass_obj
def remittances(run: Run, slug: str) -> None:
    """What was collected and is to be passed on, by shop and to the partner who lends."""

    async def work(runtime: Runtime, operator_id: UUID) -> tuple[list[remitting.Remittance], Snapshot]:
        async with transaction(runtime.engine, operator_id) as connection:
            actor = acting(operator_id, "cli", Scope.BOOKS)
            return await remitting.to_pass_on(connection, actor), await _snapshot(connection, operator_id)

    found, snapshot = run(slug, work)
    codes = {remitting.account_of(shop.id): shop.code for shop in snapshot.shops.shops.values()}
    for each in found:
        party = codes.get(each.account, "the partner")
        click.echo(f"{party}: {plain(each.minor, each.currency)} {each.currency} of {each.plans} plans")
    if not found:
        click.echo("nothing is to be passed on")


@plans.command()
@click.argument("party")
@click.argument("amount")
@of_operator
@by_person
@click.option("--key", required=True, help="Idempotency key: the same key is written down once")
@click.pass_obj
def remit(run: Run, party: str, amount: str, slug: str, person: str, key: str) -> None:
    """Write down that AMOUNT (10.00) was passed on to PARTY: the code of a shop, or `partner`."""

    async def work(runtime: Runtime, operator_id: UUID) -> int:
        async with transaction(runtime.engine, operator_id) as connection:
            snapshot = await _snapshot(connection, operator_id)
            shop = snapshot.shops.by_code.get(party)
            if shop is None and party != "partner":
                raise NotFound(f"there is no shop {party[:64]!r}", code="unknown_shop")
            currency = snapshot.programme.currency
            account = remitting.account_of(None if shop is None else shop.id)
            actor, units = acting(operator_id, person, Scope.MONEY), minor(amount, currency)
            return await remitting.remit(connection, actor, account, currency, units, key, runtime.clock.now())

    click.echo(f"written down for {run(slug, work)} plans")


@plans.command("settings")
@of_operator
@by_person
@click.option("--refund-policy", type=click.Choice([each.value for each in RefundPolicy]), help="What shrinks first")
@click.option("--retry-days", help="Days after the due day, such as 2,4,7")
@click.option("--remind-days", type=int, help="Days before an instalment is due when the shopper is told")
@click.option("--late-fee", help="What being late costs, such as 5.00; never above 8 % of what is due")
@click.option("--opening-minutes", type=int, help="How long a plan waits for its first payment")
@click.option("--write-off-days", type=int, help="Days late after which a plan is written off")
@click.option("--offer", is_flag=True, help="Offer plans with what is set, or with what holds without anything set")
@click.pass_obj
def settings_command(run: Run, /, slug: str, person: str, offer: bool, **set_: Any) -> None:
    """Show how plans are run, or change what is given. The first time it offers plans."""

    async def work(runtime: Runtime, operator_id: UUID) -> Settings | None:
        async with transaction(runtime.engine, operator_id) as connection:
            held = await told.load(connection, operator_id)
            currency = (await load_programme(connection, operator_id)).currency
            wanted = _settings(held or Settings(), set_, currency)
            if wanted == held or (held is None and not offer):
                return held
            await told.save(connection, acting(operator_id, person, Scope.PROGRAMME), wanted, runtime.clock.now())
            return wanted

    found = run(slug, work)
    if found is None:
        click.echo("no plans are offered: --offer offers them")
        return
    for name, value in told.plain(found).items():
        click.echo(f"{name}: {value}")


def _settings(held: Settings, set_: dict[str, Any], currency: str) -> Settings:
    given: dict[str, Any] = {name: value for name, value in set_.items() if value is not None}
    if "refund_policy" in given:
        given["refund_policy"] = RefundPolicy(given["refund_policy"])
    if "retry_days" in given:
        try:
            given["retry_days"] = tuple(int(each) for each in given["retry_days"].split(",") if each.strip())
        except ValueError as error:
            raise click.ClickException(
                f"--retry-days: expected days such as 2,4,7, got {given['retry_days']!r}"
            ) from error
    if "late_fee" in given:
        given["late_fee_minor"] = minor(given.pop("late_fee"), currency)
    return Settings(**{**{name: getattr(held, name) for name in Settings.__slots__}, **given})


async def _snapshot(connection: AsyncConnection, operator_id: UUID) -> Snapshot:
    await lock_revision_shared(connection, operator_id)
    return await load_snapshot(connection, operator_id)


def _line(plan: Plan) -> str:
    why = "" if plan.reason is None else f": {plan.reason}"
    owed, amount = plain(plan.owed_minor, plan.currency), plain(plan.amount_minor, plan.currency)
    return (
        f"{plan.ref}  {named('shp', plan.shopper_id)}  {owed} of {amount} {plan.currency} owed  {plan.way}, "
        f"{plan.lender}, {plan.regime}  {plan.state}{why}"
    )


def _show(plan: Plan) -> None:
    click.echo(_line(plan))
    for each in plan.instalments:
        whole = plain(each.principal_minor + each.fee_minor, plan.currency)
        paid = plain(each.paid_minor, plan.currency)
        late = "" if each.late_since is None else f", late since {each.late_since}"
        click.echo(f"  {each.number}. {each.due_on}  {whole} {plan.currency}, {paid} paid  {each.state}{late}")
    if plan.to_return_minor:
        click.echo(f"  {plain(plan.to_return_minor, plan.currency)} {plan.currency} go back to the card")
