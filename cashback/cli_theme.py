"""`cashback theme`: how an operator's pages look. A draft is a file; what is published is a version."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Scope
from cashback.branding import service as branding
from cashback.branding.palette import Part
from cashback.branding.schemas import RADIUS_MAX, Theme
from cashback.branding.telling import KEEP, NONE, checks, chosen_of, drawn, fields_of, read_draft
from cashback.cli_run import Run, acting, by_person, of_operator
from cashback.db.engine import transaction
from cashback.errors import ProductError
from cashback.programmes.operators import named_of
from cashback.runtime import Runtime

RECKONED = "reckoned"
"""Typed instead of a colour: the product reckons it from the brand."""
RECKONABLE = frozenset(part.value for part in Part) - {Part.BRAND.value}
_draft = click.argument("file", metavar="DRAFT.json", type=click.Path(dir_okay=False, path_type=Path))


@click.group()
def theme() -> None:
    """How the pages look: show it, change a draft, publish it, go back. See docs/white-label.md."""


@theme.command()
@of_operator
@click.option("--draft", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this new file")
@click.pass_obj
def show(run: Run, slug: str, file: Path | None) -> None:
    """The look in force with the contrast of what is read, and the versions before it."""

    async def work(runtime: Runtime, operator_id: UUID) -> tuple[str, list[Theme]]:
        async with transaction(runtime.engine, operator_id) as connection:
            return await _name(connection, operator_id), await branding.versions(connection, operator_id)

    name, found = run(slug, work)
    told = fields_of(found[0] if found else None, name)
    for each in found:
        back = "" if each.back_to is None else f"  as version {each.back_to}"
        when = f"{each.published_at:%Y-%m-%d %H:%M}Z"
        click.echo(f"version {each.version}  {when}  {each.published_by}  {each.name}  {each.chosen.brand.hex}{back}")
    if not found:
        click.echo("nothing was published: the pages look as they come")
    click.echo("\n".join(_look(told)))
    if file is not None:
        try:
            with file.open("x", encoding="utf-8") as written:
                written.write(_text(told))
        except OSError as error:
            raise click.ClickException(f"the draft cannot be written: {error}") from error
        click.echo(f"the draft is in {file}")


@theme.command("set")
@_draft
@click.option("--name", help="As shoppers read it")
@click.option("--brand", help="Colour of the brand, such as #0c5c4c")
@click.option("--on-brand", help=f"What is written on it, or '{RECKONED}'")
@click.option("--brand-soft", help=f"Its soft shade, or '{RECKONED}'")
@click.option("--brand-ink", help=f"Links and figures, or '{RECKONED}'")
@click.option("--radius", type=click.IntRange(0, RADIUS_MAX), help="Of cards, in pixels")
@click.option("--logo", type=click.Choice([KEEP, NONE]), help="Keep the one in force, or show none")
def set_(file: Path, **given: str | int | None) -> None:
    """Change a draft that `theme show --draft` wrote, and check its contrast. Nothing is published."""
    told = _read(file)
    told |= {
        name: None if value == RECKONED and name in RECKONABLE else value
        for name, value in given.items()
        if value is not None
    }
    try:
        lines = _look(told)
    except ProductError as refused:
        raise click.ClickException(refused.detail) from refused
    file.write_text(_text(told), encoding="utf-8")
    click.echo("\n".join(lines))


@theme.command()
@_draft
@of_operator
@by_person
@click.option("--picture", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="New logo")
@click.pass_obj
def publish(run: Run, file: Path, slug: str, person: str, picture: Path | None) -> None:
    """Put a draft in force as a new version. Refused if a colour cannot be read, or somebody has published since."""
    told, logo = _read(file), None if picture is None else picture.read_bytes()

    async def work(runtime: Runtime, operator_id: UUID) -> int:
        actor = acting(operator_id, person, Scope.PROGRAMME)
        async with transaction(runtime.engine, operator_id) as connection:
            current = await branding.current(connection, operator_id)
            draft = read_draft(told, current, logo)
            return await branding.publish(connection, actor, draft, seen=told["seen"], now=runtime.clock.now())

    click.echo(f"version {run(slug, work)} is in force")


@theme.command()
@click.argument("version", type=click.IntRange(1, 999_999_999))
@of_operator
@by_person
@click.pass_obj
def back(run: Run, version: int, slug: str, person: str) -> None:
    """Put VERSION in force again, as a new one."""

    async def work(runtime: Runtime, operator_id: UUID) -> int:
        actor = acting(operator_id, person, Scope.PROGRAMME)
        async with transaction(runtime.engine, operator_id) as connection:
            return await branding.go_back(connection, actor, version, runtime.clock.now())

    click.echo(f"version {run(slug, work)} is in force, as version {version}")


async def _name(connection: AsyncConnection, operator_id: UUID) -> str:
    named = await named_of(connection, operator_id)
    return "" if named is None else named.name


def _look(told: dict[str, Any]) -> list[str]:
    """A draft in lines: what is drawn, and what can be read."""
    chosen = chosen_of(told)
    light = drawn(chosen)["light"]
    lines = [f"{told['name']}  radius {told['radius']}  logo {told['logo']}"]
    for part in (each.value for each in Part):
        lines.append(f"  {part}  {light[part]}{'' if told.get(part) else f'  {RECKONED}'}")
    for each in checks(chosen):
        verdict = "can be read" if each["passes"] else f"cannot be read, the nearest is {each['nearest']}"
        lines.append(f"  {each['part']}: contrast {each['contrast']:.2f}, {verdict}")
    return lines


def _read(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{file.name}: expected a draft that `theme show --draft` wrote: {error}") from error
    kinds = {"name": str, "brand": str, "radius": int, "logo": str, "seen": int}
    wrong = [name for name, kind in kinds.items() if not isinstance(told, dict) or type(told.get(name)) is not kind]
    if wrong:
        raise click.ClickException(f"{file.name}: expected a draft with {', '.join(wrong)}")
    found: dict[str, Any] = told
    return found


def _text(told: dict[str, Any]) -> str:
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
