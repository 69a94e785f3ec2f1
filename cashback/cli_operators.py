"""`cashback operators`: those that there are, and the test twin of a live one."""

from uuid import UUID

import click

from cashback.actors import Scope, system
from cashback.auth.keys import create_key
from cashback.cli_run import Run, of_operator
from cashback.db.engine import transaction
from cashback.runtime import Runtime
from cashback.twins import bring_twin


@click.group()
def operators() -> None:
    """Operators of two modes: live ones, and test twins in which everything can be tried."""


@operators.command()
@of_operator
@click.option("--key", "label", help="Also make an API key of this label with every scope, and print it once")
@click.pass_obj
def twin(run: Run, slug: str, label: str | None) -> None:
    """Open the test twin of OPERATOR, or bring its programme up to date; no person and no money is copied."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        now = runtime.clock.now()
        found = await bring_twin(runtime.engine, operator_id, now)
        lines = [f"{found.slug}: {'opened' if found.new else 'up to date'}, {found.changes} changes of its programme"]
        if label is not None:
            scopes = [scope for scope in Scope if scope is not Scope.SYSTEM]
            async with transaction(runtime.engine, found.operator_id) as connection:
                actor = system(found.operator_id, "cli")
                lines.append(await create_key(connection, actor, label=label, scopes=scopes, now=now))
        return lines

    click.echo("\n".join(run(slug, work)))
