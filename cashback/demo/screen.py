"""What the terminal shows: a few aligned lines, a bar while the past is told, a line that counts while people play."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.status import Status

from cashback.simulator.player import Tally

LABEL_WIDTH = 11
PLAIN_TENTHS = 10


class Screen:
    """A terminal with colours and a moving line, or anything else with plain lines."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._status: Status | None = None

    def title(self, text: str) -> None:
        """The first line."""
        self._console.print(f"\n[bold]{text}[/bold]\n")

    def line(self, label: str, text: str) -> None:
        """One fact beside its label."""
        self._console.print(f"  [cyan]{label:<{LABEL_WIDTH}}[/cyan]{text}")

    def blank(self) -> None:
        """Air."""
        self._console.print()

    def trouble(self, text: str) -> None:
        """Something that the person should know."""
        self._console.print(f"  [yellow]{text}[/yellow]", markup=True)

    @contextmanager
    def days(self, label: str, total: int) -> Iterator["Days"]:
        """A bar that fills while days are told."""
        if not self._console.is_terminal:
            yield PlainDays(self, label, total)
            return
        bar = Progress(
            TextColumn(f"  [cyan]{label:<{LABEL_WIDTH - 1}}[/cyan]"),
            BarColumn(bar_width=40),
            TaskProgressColumn(),
            TextColumn("day {task.completed} of {task.total}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        with bar:
            yield BarDays(bar, total)

    def playing(self, tally: Tally) -> None:
        """The counting line; only where a person watches."""
        if not self._console.is_terminal:
            return
        trouble = f", {tally.tried_again:,} tried again" if tally.tried_again else ""
        trouble += f", [red]{tally.refused:,} refused[/red]" if tally.refused else ""
        text = f"{tally.purchases:,} purchases, {tally.delivered:,} webhooks delivered{trouble}"
        if self._status is None:
            self._status = self._console.status(text, spinner="dots")
            self._status.start()
        self._status.update(text)

    def still(self) -> None:
        """Take the counting line away."""
        if self._status is not None:
            self._status.stop()
            self._status = None


class Days(ABC):
    """Takes the number of days that are told."""

    @abstractmethod
    def told(self, days: int) -> None:
        """So many days are told by now."""


class BarDays(Days):
    """On a terminal."""

    def __init__(self, bar: Progress, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task("days", total=total)

    def told(self, days: int) -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=days)


class PlainDays(Days):
    """Elsewhere: a line for each tenth."""

    def __init__(self, screen: Screen, label: str, total: int) -> None:
        self._screen, self._label, self._total = screen, label, total
        self._tenth = 0
        self._began = time.monotonic()

    def told(self, days: int) -> None:
        """Print when another tenth is full."""
        tenth = days * PLAIN_TENTHS // self._total
        if tenth > self._tenth:
            self._tenth = tenth
            seconds = time.monotonic() - self._began
            self._screen.line(self._label, f"day {days} of {self._total}, {seconds:.0f} s")
