"""`cashback domains`: an operator's own domains, told, proved by their DNS, and taken down."""

from uuid import UUID

import click

from cashback.actors import Scope
from cashback.cli_run import Run, acting, by_person, of_operator
from cashback.db.engine import transaction
from cashback.runtime import Runtime
from cashback.welcoming import domains as own
from cashback.welcoming.domains import Domain

_domain = click.argument("domain")
_FOUND = {
    "": "not looked at yet",
    "proved": "the record is there",
    "missing": "there is no such record",
    "other": "the record says something else",
    "no_answer": "its name server did not answer",
}


@click.group()
def domains() -> None:
    """Own domains: tell of one, set the record that is shown, verify it. See docs/white-label.md."""


@domains.command("list")
@of_operator
@click.pass_obj
def list_(run: Run, slug: str) -> None:
    """Each with its DNS record, and whether pages are served under it."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[Domain]:
        async with transaction(runtime.engine, operator_id) as connection:
            return await own.listed(connection, operator_id)

    click.echo("\n".join(line for each in run(slug, work) for line in _lines(each)) or "no domain was told")


@domains.command()
@_domain
@of_operator
@by_person
@click.pass_obj
def add(run: Run, domain: str, slug: str, person: str) -> None:
    """Say that DOMAIN is the operator's; shows the DNS record to set."""

    async def work(runtime: Runtime, operator_id: UUID) -> Domain:
        actor = acting(operator_id, person, Scope.TEAM)
        async with transaction(runtime.engine, operator_id) as connection:
            name = await own.tell(connection, actor, domain, runtime.clock.now())
            return await own.find(connection, actor, name)

    click.echo("\n".join(_lines(run(slug, work))))


@domains.command()
@_domain
@of_operator
@by_person
@click.pass_obj
def verify(run: Run, domain: str, slug: str, person: str) -> None:
    """Ask the DNS about DOMAIN now; proved, it is served. Exit code 1 if it is not served."""

    async def work(runtime: Runtime, operator_id: UUID) -> Domain:
        actor = acting(operator_id, person, Scope.TEAM)
        async with transaction(runtime.engine, operator_id) as connection:
            known = await own.find(connection, actor, domain)
        found = await own.look(runtime.resolver, known)
        async with transaction(runtime.engine, operator_id) as connection:
            await own.checked(connection, actor, known, found, runtime.clock.now())
            return await own.find(connection, actor, domain)

    known: Domain = run(slug, work)
    click.echo("\n".join(_lines(known)))
    if not known.served:
        raise click.ClickException(f"{known.name} is not served: {_FOUND[known.found]}")


@domains.command()
@_domain
@of_operator
@by_person
@click.pass_obj
def remove(run: Run, domain: str, slug: str, person: str) -> None:
    """Serve DOMAIN no more, and forget it."""

    async def work(runtime: Runtime, operator_id: UUID) -> None:
        actor = acting(operator_id, person, Scope.TEAM)
        async with transaction(runtime.engine, operator_id) as connection:
            await own.remove(connection, actor, domain, runtime.clock.now())

    run(slug, work)
    click.echo(f"{domain} is served no more")


def _lines(each: Domain) -> list[str]:
    served = "served" if each.served else "not served"
    gone = "" if each.missing_since is None else f", record gone since {each.missing_since:%Y-%m-%d %H:%M}Z"
    return [f"{each.name}  {served}  {_FOUND[each.found]}{gone}", f"  {each.record}  TXT  {each.proof}"]
