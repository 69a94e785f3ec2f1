"""`cashback score`: train a card, show one, decide on a file, replay records. A database is opened for stored ones."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import click

from cashback.cli_run import Run
from cashback.db.engine import transaction
from cashback.decisions.people import replayed
from cashback.decisions.replaying import Replayed, replay_all, replay_one, replay_sample
from cashback.ids import parse
from cashback.runtime import Runtime
from eligibility import (
    Card,
    EligibilityError,
    Rulebook,
    any_card,
    decide,
    encode,
    load_card,
    load_policy,
    load_usury,
    read_application,
    shipped_card,
    shipped_policy,
    shipped_usury,
)
from eligibility.training import Options, cross_validate, model_text, read_table, train

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_folder = click.Path(file_okay=False, path_type=Path)
RECORD_BYTES_MAX = 1_000_000


@click.group()
def score() -> None:
    """The shopping score: cards, their training, decisions and their replay. See docs/score.md."""


@contextmanager
def _said() -> Iterator[None]:
    """What the library refuses, as one sentence and exit code 1."""
    try:
        yield
    except (EligibilityError, OSError, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from error


@score.command("train")
@click.argument("file", metavar="CSV", type=_file)
@click.option("--target", required=True, help="Column that says how it ended")
@click.option("--bad", required=True, help="Its value for the bad end")
@click.option("--drop", multiple=True, help="Column that is left out")
@click.option("--group", "groups", multiple=True, help="Column no card may look at, by which approvals are compared")
@click.option("--research", is_flag=True, help="Foreign data: its columns are not on the list of features")
@click.option("--id", "card_id", default="trained-1", show_default=True, help="Name and version of the card")
@click.option("--cells", default=250, show_default=True, type=click.IntRange(10, 250), help="Most cells of the card")
@click.option("--seed", default=7, show_default=True, type=click.IntRange(0), help="Of the split")
@click.option("--folds", type=click.IntRange(2, 20), help="Cross-validate over so many folds; no card is written")
@click.option("--seeds", default=10, show_default=True, type=click.IntRange(1, 100), help="How often, with --folds")
@click.option("--out", default=".", type=_folder, help="Folder for the card and its model card")
def train_card(
    file: Path,
    target: str,
    bad: str,
    drop: tuple[str, ...],
    groups: tuple[str, ...],
    research: bool,
    card_id: str,
    cells: int,
    seed: int,
    folds: int | None,
    seeds: int,
    out: Path,
) -> None:
    """Train a card on a CSV of past cases: writes the card, its model card as JSON, and the same as a page."""
    with _said():
        table = read_table(file, target=target, bad=bad, drop=drop, groups=groups, research=research)
        if folds is not None:
            found = cross_validate(table, folds=folds, seeds=seeds, cells_max=cells, told=click.echo)
            figures = found.written()
            click.echo(f"AUC {figures['value']}, {figures['low']} to {figures['high']} over the draws of folds")
            return
        trained = train(table, Options(card_id=card_id, cells_max=cells, seed=seed), click.echo)
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{card_id}.card.json").write_bytes(trained.fitted.data)
        (out / f"{card_id}.model.json").write_bytes(encode(trained.model) + b"\n")
        (out / f"{card_id}.model.md").write_text(model_text(trained.model), encoding="utf-8")
    for name in ("auc", "gini", "ks"):
        figures = trained.model["ranking"][name]
        click.echo(f"{name.upper()} {figures['value']}, {figures['low']} to {figures['high']} (95 %)")
    click.echo(f"{trained.fitted.card.cells} cells; written to {out / card_id}.card.json, .model.json and .model.md")


@score.command("show")
@click.argument("file", metavar="[CARD.json]", required=False, type=_file)
@click.option("--lang", default="en", show_default=True, type=click.Choice(["en", "fr"]), help="Its language")
def show_card(file: Path | None, lang: str) -> None:
    """A card as a table, with what it says of itself; the shipped one if none is named."""
    with _said():
        card = shipped_card() if file is None else any_card(file.read_bytes())
    written = card.written
    click.echo(f"{card.id} · {written.purpose} · {card.cells} cells · SHA-256 {card.sha256}")
    click.echo(written.statement_en if lang == "en" else written.statement_fr)
    for block in written.blocks:
        click.echo(f"\n{block.en if lang == 'en' else block.fr}: {block.maximum} ({block.basis})")
        for row in written.characteristics:
            if row.block == block.id:
                click.echo(f"  {row.feature} ({row.direction})")
                click.echo(f"    {'  '.join(_bins(card, row.feature))}")


def _bins(card: Card, feature: str) -> Iterator[str]:
    """Each bin with its points."""
    row = next(each for each in card.written.characteristics if each.feature == feature)
    names = row.categories or tuple(f"{edge}+" for edge in row.edges)
    first = () if row.categories else (f"below {row.edges[0]}" if row.edges else "any",)
    last = ("other",) if row.categories else ()
    for name, points in zip((*first, *names, *last), row.points, strict=True):
        yield f"{name}: {points}"
    if row.missing is not None:
        yield f"unknown: {row.missing}"


_card = click.option("--card", type=_file, help="The card; the shipped one if left out")
_policy = click.option("--policy", type=_file, help="The policy; the shipped one if left out")
_usury = click.option("--usury", type=_file, help="The usury table; the shipped one if left out")
_challenger = click.option("--challenger", type=_file, help="A card that scores in shadow")


def _rulebook(card: Path | None, policy: Path | None, usury: Path | None, challenger: Path | None) -> Rulebook:
    return Rulebook(
        card=shipped_card() if card is None else load_card(card.read_bytes()),
        policy=shipped_policy() if policy is None else load_policy(policy.read_bytes()),
        usury=shipped_usury() if usury is None else load_usury(usury.read_bytes()),
        challenger=None if challenger is None else load_card(challenger.read_bytes()),
    )


@score.command("decide")
@click.argument("file", metavar="APPLICATION.json", type=_file)
@_card
@_policy
@_usury
@_challenger
def decide_file(
    file: Path, card: Path | None, policy: Path | None, usury: Path | None, challenger: Path | None
) -> None:
    """The decision record of an application, on one line: what `replay` takes. Nothing is stored."""
    with _said():
        rulebook = _rulebook(card, policy, usury, challenger)
        decision = decide(rulebook, read_application(_json(file)))
    click.echo(decision.record)


@score.command("replay")
@click.argument("what", metavar="[RECORD|DECISION]", required=False)
@_card
@_policy
@_usury
@_challenger
@click.option("--operator", "slug", help="Slug of the operator whose stored decisions are meant")
@click.option("--all", "every", is_flag=True, help="All of the operator's stored decisions")
@click.option("--sample", type=click.IntRange(1), help="So many of the operator's stored decisions, drawn at random")
@click.pass_obj
def replay_file(
    run: Run | None,
    what: str | None,
    card: Path | None,
    policy: Path | None,
    usury: Path | None,
    challenger: Path | None,
    slug: str | None,
    every: bool,
    sample: int | None,
) -> None:
    """Decide again: the records of a file, one a line, or decisions that are stored. Every byte must be the same.

    A stored decision is decided by the tables that its record names. Exit code 1 if one gives other bytes.
    """
    if slug is not None and run is not None:
        _replay_stored(run, slug, what, sample, every=every)
        return
    if what is None or every or sample is not None:
        raise click.UsageError("expected a file of records, or --operator with DECISION, --all or --sample")
    file = Path(what)
    if not file.is_file():
        raise click.UsageError(f"there is no file {what!r}; a stored decision needs --operator")
    count = 0
    with _said():
        rulebook = _rulebook(card, policy, usury, challenger)
        with file.open("rb") as lines:
            while line := lines.readline(RECORD_BYTES_MAX):
                count += 1
                record = line.rstrip(b"\n")
                if replayed(rulebook, record) != record:
                    raise click.ClickException(f"{file.name}, line {count}: the replay gives other bytes")
    if count == 0:
        raise click.ClickException(f"{file.name}: expected one record a line, found none")
    click.echo(f"{count} decided again, every byte the same")


def _replay_stored(run: Run, slug: str, what: str | None, sample: int | None, *, every: bool) -> None:
    if (what is not None) + (sample is not None) + every != 1:
        raise click.UsageError("expected a decision, --all or --sample")
    try:
        decision_id = None if what is None else parse("dec", what)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error

    async def work(runtime: Runtime, operator_id: UUID) -> Replayed:
        async with transaction(runtime.engine, operator_id) as connection:
            if decision_id is not None:
                return await replay_one(connection, operator_id, decision_id)
            if sample is not None:
                salt = runtime.clock.now().isoformat()
                return await replay_sample(connection, operator_id, sample, salt)
            return await replay_all(connection, operator_id)

    found: Replayed = run(slug, work)
    for fault in found.faults:
        click.echo(fault)
    if found.others:
        raise click.ClickException(f"{found.others} of {found.decisions} give other bytes")
    click.echo(f"{found.decisions} decided again, every byte the same")


def _json(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise click.ClickException(f"{file.name}: expected JSON: {error}") from error
