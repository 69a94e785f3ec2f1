"""Charts as SVG, drawn on the server: the same text for the same figures, and every figure in a table beside it.

Series differ by colour, by dash and by the label at their end, so that none depends on colours. A chart is drawn twice,
for a wide and for a narrow screen, because letters must not shrink with it; the style sheet shows one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup, escape

SERIES_MAX = 2
"""Colours and dashes there are in the style sheet."""
_TICKS = 4
_LETTER = 6.6
"""Width of a letter of the labels, near enough."""
_APART = 16.0
"""Between two labels at the ends of their lines."""
_TOP, _BELOW = 12.0, 32.0
"""Room above the highest and below the lowest line."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line: a value for each label, None where there is none; with `low` and `high` a band around it."""

    name: str
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over the same labels. `said` writes a value in full, as the table does; `tick` briefly, for the axis."""

    key: str
    """Begins the ids in the page."""
    title: str
    summary: str
    """What is to be seen, for who does not see it."""
    labels: Sequence[str]
    series: Sequence[Series]
    said: Callable[[float], str]
    tick: Callable[[float], str]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(value is not None for each in self.series for value in each.values)

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """The table: for each label what each series says, with its interval."""
        return [(label, [self.cell(each, place) for each in self.series]) for place, label in enumerate(self.labels)]

    @property
    def wide(self) -> Markup:
        """For a screen with room."""
        return _drawn(self, 720, 268, "wide")

    @property
    def narrow(self) -> Markup:
        """For a phone."""
        return _drawn(self, 344, 240, "narrow")

    def cell(self, series: Series, place: int) -> str:
        """What a series says at a label, in full."""
        value, low, high = series.values[place], _at(series.low, place), _at(series.high, place)
        if value is None:
            return "–"
        told = self.said(value)
        return told if low is None or high is None else f"{told} ({self.said(low)} – {self.said(high)})"


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of a funnel. `part` of the longest bar, from 0 to 1; the figure stands beside it as text."""

    name: str
    value: str
    note: str
    part: float

    @property
    def svg(self) -> Markup:
        """The bar alone."""
        width = _number(max(0.0, min(1.0, self.part)) * 100)
        return _markup(
            '<svg class="bar-track" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true" '
            f'focusable="false"><rect class="bar-fill" width="{width}" height="1"/></svg>'
        )


def sparkline(values: Sequence[float]) -> Markup:
    """How a figure went, without axes: an ornament of the number beside it, hidden from who does not see."""
    if len(values) < 2:
        return Markup("")
    top, step = max(max(values), 0.0) or 1.0, 120 / (len(values) - 1)
    points = " ".join(
        f"{_number(place * step)},{_number(30 - max(value, 0.0) / top * 28)}" for place, value in enumerate(values)
    )
    return _markup(
        '<svg class="spark" viewBox="0 0 120 32" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<polyline class="spark-line" points="{points}"/></svg>'
    )


def ticks(top: float) -> list[float]:
    """Round values from zero to at least `top`, at most six of them."""
    if top <= 0:
        return [0.0, 1.0]
    rough = top / _TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= rough * 0.999)
    found = [0.0]
    while found[-1] < top * 0.999:
        found.append(round(step * len(found), 10))
    return found


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Where values and labels lie on one drawing."""

    chart: Chart
    top: float
    left: float
    right: float
    height: float

    def x(self, place: int) -> str:
        last = len(self.chart.labels) - 1
        return _number(self.left + (self.right - self.left) * (place / last if last else 0.5))

    def level(self, value: float) -> float:
        return _TOP + (self.height - _TOP - _BELOW) * (1 - max(value, 0.0) / self.top)

    def y(self, value: float) -> str:
        return _number(self.level(value))


def _drawn(chart: Chart, width: float, height: float, size: str) -> Markup:
    values = [value for each in chart.series for run in (each.values, each.high) for value in run if value is not None]
    scale = ticks(max(values, default=0.0))
    said = [chart.tick(value) for value in scale]
    left = 10 + max(len(text) for text in said) * _LETTER
    right = width - 16 - max((len(each.name) for each in chart.series), default=0) * _LETTER
    sheet, named = _Sheet(chart, scale[-1], left, right, height), f"{chart.key}-{size}"
    parts = [
        f'<svg class="chart chart-{size}" viewBox="0 0 {_number(width)} {_number(height)}" role="img" '
        f'aria-labelledby="{named}-title {named}-desc">',
        f'<title id="{named}-title">{escape(chart.title)}</title>',
        f'<desc id="{named}-desc">{escape(chart.summary)}</desc>',
    ]
    for value, text in zip(scale, said, strict=True):
        parts.append(_grid(sheet, value))
        parts.append(_text("chart-tick", _number(left - 8), sheet.y(value), text, "end"))
    parts += _names_below(sheet)
    for number, each in reversed(list(enumerate(chart.series[:SERIES_MAX], start=1))):
        parts += [*_band(sheet, each, number), *_line(sheet, each, number)]
    parts += _names_of_lines(sheet)
    return _markup("".join([*parts, "</svg>"]))


def _grid(sheet: _Sheet, value: float) -> str:
    y = sheet.y(value)
    return f'<line class="chart-grid" x1="{_number(sheet.left)}" x2="{_number(sheet.right)}" y1="{y}" y2="{y}"/>'


def _text(name: str, x: str, y: str, text: str, anchor: str) -> str:
    return f'<text class="{name}" x="{x}" y="{y}" dy="4" text-anchor="{anchor}">{escape(text)}</text>'


def _names_below(sheet: _Sheet) -> list[str]:
    """As many of the labels as there is room for, the last among them."""
    labels = sheet.chart.labels
    wide = max((len(label) for label in labels), default=1) * _LETTER + 14
    every = max(1, int(-(-len(labels) * wide // max(1.0, sheet.right - sheet.left))))
    shown = [place for place in range(len(labels)) if (len(labels) - 1 - place) % every == 0]
    y = _number(sheet.height - 14)
    return [_text("chart-tick", sheet.x(place), y, labels[place], "middle") for place in shown]


def _band(sheet: _Sheet, series: Series, number: int) -> list[str]:
    both = [
        (place, low, high)
        for place in range(len(sheet.chart.labels))
        if (low := _at(series.low, place)) is not None and (high := _at(series.high, place)) is not None
    ]
    if len(both) < 2:
        return []
    above = [f"{sheet.x(place)},{sheet.y(high)}" for place, _, high in both]
    below = [f"{sheet.x(place)},{sheet.y(low)}" for place, low, _ in reversed(both)]
    return [f'<polygon class="chart-band is-{number}" points="{" ".join(above + below)}"/>']


def _line(sheet: _Sheet, series: Series, number: int) -> list[str]:
    drawn = []
    for run in _runs(series.values):
        points = " ".join(f"{sheet.x(place)},{sheet.y(value)}" for place, value in run)
        drawn.append(f'<polyline class="chart-line is-{number}" points="{points}"/>')
    for place, value in enumerate(series.values):
        if value is None:
            continue
        told = escape(f"{series.name}, {sheet.chart.labels[place]}: {sheet.chart.cell(series, place)}")
        at = f'cx="{sheet.x(place)}" cy="{sheet.y(value)}"'
        drawn.append(f'<circle class="chart-dot is-{number}" {at} r="3"><title>{told}</title></circle>')
    return drawn


def _names_of_lines(sheet: _Sheet) -> list[str]:
    """The name at the end of each line, moved apart where two lines end together."""
    ends: list[tuple[float, int, str]] = []
    for number, each in enumerate(sheet.chart.series[:SERIES_MAX], start=1):
        last = next((value for value in reversed(each.values) if value is not None), None)
        if last is not None:
            ends.append((sheet.level(last), number, each.name))
    ends.sort()
    room = 0.0 if len(ends) < 2 else max(0.0, _APART - (ends[1][0] - ends[0][0])) / 2
    x = _number(sheet.right + 10)
    return [
        _text(f"chart-name is-{number}", x, _number(level + (room if place else -room)), name, "start")
        for place, (level, number, name) in enumerate(ends)
    ]


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """The stretches without a gap."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [run for run in runs if run]


def _at(run: Sequence[float | None], place: int) -> float | None:
    return run[place] if place < len(run) else None


def _number(value: float) -> str:
    """A coordinate with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")


def _markup(svg: str) -> Markup:
    """What was drawn here: numbers of our own, and texts that were escaped where they were put in."""
    return Markup(svg)  # noqa: S704 - see above
