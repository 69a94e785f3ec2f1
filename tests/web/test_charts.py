"""Charts: the same text for the same figures, every figure also in the table, and nothing that depends on colour."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback.web.console.charts import Bar, Chart, Series, sparkline, ticks

SVG = "http://www.w3.org/2000/svg"


def euros(value: float) -> str:
    return f"{value:,.2f} €"


def a_chart(*series: Series, labels: tuple[str, ...] = ("1 Nov", "2 Nov", "3 Nov")) -> Chart:
    return Chart("sales", "Sales by day", "60 in all.", labels, series, euros, lambda value: f"€{value:.0f}")


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def all_of(root: ElementTree.Element, tag: str, **wanted: str) -> list[ElementTree.Element]:
    found = list(root.iter(tag))
    return [each for each in found if all(each.get(name, "").startswith(value) for name, value in wanted.items())]


def points(root: ElementTree.Element, name: str) -> list[tuple[float, float]]:
    (line,) = all_of(root, "polyline", **{"class": name})
    pairs = [pair.split(",") for pair in line.get("points", "").split()]
    return [(float(x), float(y)) for x, y in pairs]


def test_a_small_chart_is_drawn_as_it_was_drawn() -> None:
    chart = Chart("k", "T", "D", ("a", "b"), (Series("S", (0, 100)),), str, str)
    assert str(chart.narrow) == (
        '<svg class="chart chart-narrow" viewBox="0 0 344 240" role="img" '
        'aria-labelledby="k-narrow-title k-narrow-desc">'
        '<title id="k-narrow-title">T</title><desc id="k-narrow-desc">D</desc>'
        + "".join(
            f'<line class="chart-grid" x1="43" x2="321.4" y1="{y}" y2="{y}"/>'
            f'<text class="chart-tick" x="35" y="{y}" dy="4" text-anchor="end">{text}</text>'
            for y, text in (("208", "0.0"), ("159", "25.0"), ("110", "50.0"), ("61", "75.0"), ("12", "100.0"))
        )
        + '<text class="chart-tick" x="43" y="226" dy="4" text-anchor="middle">a</text>'
        '<text class="chart-tick" x="321.4" y="226" dy="4" text-anchor="middle">b</text>'
        '<polyline class="chart-line is-1" points="43,208 321.4,12"/>'
        '<circle class="chart-dot is-1" cx="43" cy="208" r="3"><title>S, a: 0</title></circle>'
        '<circle class="chart-dot is-1" cx="321.4" cy="12" r="3"><title>S, b: 100</title></circle>'
        '<text class="chart-name is-1" x="331.4" y="12" dy="4" text-anchor="start">S</text></svg>'
    )


def test_the_figures_of_the_drawing_are_those_of_the_table() -> None:
    chart = a_chart(Series("Now", (10, 20, 30.5), low=(8, 18, 28), high=(12, 22, 33)), Series("Before", (12, None, 14)))
    assert chart.rows == [
        ("1 Nov", ["10.00 € (8.00 € – 12.00 €)", "12.00 €"]),
        ("2 Nov", ["20.00 € (18.00 € – 22.00 €)", "–"]),
        ("3 Nov", ["30.50 € (28.00 € – 33.00 €)", "14.00 €"]),
    ]
    for svg in (chart.wide, chart.narrow):
        said = {each.text for each in all_of(drawn(svg), "title")} - {"Sales by day"}
        told = {
            f"{series.name}, {label}: {cell}"
            for label, cells in chart.rows
            for series, cell in zip(chart.series, cells, strict=True)
            if cell != "–"
        }
        assert said == told


def test_what_lies_higher_is_more_and_zero_lies_on_the_axis() -> None:
    root = drawn(a_chart(Series("Now", (0, 20, 40)), Series("Before", (5, 5, 5))).wide)
    heights = [y for _, y in points(root, "chart-line is-1")]
    grid = [float(each.get("y1", "")) for each in all_of(root, "line")]
    assert heights[0] == max(grid)
    assert heights[2] == min(grid)
    assert heights[1] == pytest.approx((heights[0] + heights[2]) / 2)
    assert [x for x, _ in points(root, "chart-line is-1")] == [x for x, _ in points(root, "chart-line is-2")]


def test_series_are_named_at_their_ends_and_the_names_never_meet() -> None:
    root = drawn(a_chart(Series("Now", (10, 20, 30)), Series("Before", (11, 21, 30))).wide)
    names = {each.text: float(each.get("y", "")) for each in all_of(root, "text", **{"class": "chart-name"})}
    assert names.keys() == {"Now", "Before"}
    assert abs(names["Now"] - names["Before"]) >= 15.9


def test_a_gap_is_not_bridged_and_a_name_is_never_markup() -> None:
    root = drawn(a_chart(Series("<b>&", (1, None, 3))).wide)
    assert len(all_of(root, "polyline")) == 2
    assert [each.text for each in all_of(root, "text", **{"class": "chart-name"})] == ["<b>&"]
    assert a_chart(Series("Now", (None, None, None))).empty


def test_no_style_no_script_and_a_title_for_who_does_not_see() -> None:
    svg = str(a_chart(Series("Now", (1, 2, 3))).wide)
    assert re.findall(r"style=|<script|href=", svg) == []
    root = drawn(svg)
    ids = {each.get("id") for each in root.iter()} - {None}
    assert set(root.get("aria-labelledby", "").split()) == ids


def test_labels_stand_apart_and_the_last_is_always_there() -> None:
    labels = tuple(f"{number} November" for number in range(1, 31))
    root = drawn(a_chart(Series("Now", (1.0,) * 30), labels=labels).narrow)
    shown = [each for each in all_of(root, "text", **{"class": "chart-tick"}) if each.get("text-anchor") == "middle"]
    assert shown[-1].text == "30 November"
    places = [float(each.get("x", "")) for each in shown]
    assert all(later - before >= 11 * 6.6 for before, later in pairwise(places))


@given(st.floats(0.01, 10**12))
def test_an_axis_begins_at_zero_and_reaches_the_top(top: float) -> None:
    scale = ticks(top)
    assert scale[0] == 0
    assert scale[-1] >= top * 0.998
    assert 2 <= len(scale) <= 7


def test_a_bar_is_as_long_as_its_part() -> None:
    assert 'width="45.2"' in Bar("Step", "1", "", 0.452).svg
    assert 'width="100"' in Bar("Step", "1", "", 1.7).svg


def test_a_sparkline_needs_two_points_and_is_hidden_from_who_does_not_see() -> None:
    assert sparkline([5]) == ""
    assert 'points="0,30 60,16 120,2"' in sparkline([0, 5, 10])
    assert 'aria-hidden="true"' in sparkline([0, 5])
