"""A hostile world is what it says: the same from a seed, with everything that disturbs it, told as adapters read it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chaos_worlds import BEGIN, CALM, hostile, truths_of
from hypothesis import given, settings
from hypothesis import strategies as st

from cashback.errors import Invalid
from cashback.replay.script import read_script
from cashback.simulator.chaos.files import (
    EVENTS,
    PROGRAMME,
    TRUTH,
    WORLD,
    event_lines,
    read_events,
    read_truth,
    write,
)
from cashback.simulator.chaos.people import ZONE
from cashback.simulator.chaos.rates import RATES, Disturbance, rates
from cashback.simulator.chaos.statements import BANKS
from cashback.simulator.chaos.truth import clock_changes
from cashback.simulator.chaos.world import SPAN, World, a_world
from issuers.adapter import Delivery
from issuers.events import EventKind
from issuers.registry import adapter

OF_PURCHASES = (
    Disturbance.CB_ROUTED,
    Disturbance.THREE_SETTLEMENTS,
    Disturbance.INCREMENTAL,
    Disturbance.FORCE_POST,
    Disturbance.EXPIRED,
    Disturbance.TIP,
    Disturbance.PARTIAL_REFUND,
    Disturbance.UNLINKED_REFUND,
)
small = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**32)


def test_the_same_seed_writes_the_same_bytes_and_another_one_does_not(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("again", 7), ("other", 8)):
        write(hostile(seed, 100), tmp_path / name)
    for name in (PROGRAMME, EVENTS, TRUTH, WORLD):
        one, again, other = ((tmp_path / each / name).read_bytes() for each in ("one", "again", "other"))
        assert one == again
        assert one != other


def test_a_folder_that_holds_a_world_is_refused_and_stays(tmp_path: Path) -> None:
    write(hostile(7, 100), tmp_path)
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    with pytest.raises(Invalid, match=r"already holds programme\.yaml"):
        write(hostile(8, 100), tmp_path)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before


def test_every_disturbance_is_there_in_its_share() -> None:
    world = hostile()
    found = Counter(each for purchase in world.purchases for each in purchase.disturbances)
    assert found.keys() == set(Disturbance)
    for each in OF_PURCHASES:
        assert found[each] == max(1, round(RATES[each] * 400)), each


@pytest.mark.parametrize("name", sorted(Disturbance))
def test_each_disturbance_can_be_switched_off(name: Disturbance) -> None:
    world = hostile(many=150, chosen=rates([name.value]))
    assert all(name not in each.disturbances for each in world.purchases)
    assert len(world.purchases) == 150


def test_an_unknown_disturbance_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(Invalid, match="no disturbance is called 'rain'; expected one of duplicate, reorder"):
        rates(["rain", "tip"])


@pytest.mark.parametrize("many", [99, 200_001])
def test_a_world_is_neither_empty_nor_endless(many: int) -> None:
    with pytest.raises(Invalid, match=f"expected from 100 to 200000 purchases, got {many}"):
        a_world(1, many, BEGIN, CALM)


def test_a_calm_world_tells_every_purchase_three_times_and_refunds_only_what_it_links() -> None:
    for each in truths_of(hostile(chosen=CALM)):
        assert len(each.views) == 3
        assert each.disturbances == ()
        assert all(len(refund.views) == 3 for refund in each.refunds)


@small
@given(seeds)
def test_purchases_are_possible(seed: int) -> None:
    world = hostile(seed, 100)
    for each in world.purchases:
        assert world.town.begin - timedelta(hours=3) <= each.at < world.town.end + timedelta(days=1)
        assert each.views
        assert 0 <= each.net_minor <= each.amount_minor
        assert all(amount > 0 for _, amount in each.authorised + each.settled)
        assert all(each.at < at for at, _ in each.settled)
        assert all(refund.at > each.settled[-1][0] for refund in each.refunds)
        assert bool(each.settled) == (Disturbance.EXPIRED not in each.disturbances)
        assert bool(each.authorised) == (Disturbance.FORCE_POST not in each.disturbances)
    assert [each.at for each in world.deliveries] == sorted(each.at for each in world.deliveries)


@small
@given(seeds, st.sampled_from(sorted(BANKS)))
def test_the_truth_names_every_view_as_its_adapter_does(seed: int, bank: str) -> None:
    world = hostile(seed, 100, bank=bank)
    purchases = {view for each in world.purchases for view in (*each.views, *each.withdrawn)}
    refunds = {view for each in world.purchases for refund in each.refunds for view in refund.views}
    told_purchases, told_refunds = read_back(world)
    assert told_purchases == purchases
    assert told_refunds == refunds


def read_back(world: World) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    purchases, refunds = set(), set()
    for sent in world.deliveries:
        for event in adapter(sent.provider).parse(Delivery(sent.body, {}, sent.event)):
            if event.kind is EventKind.REFUND:
                refunds.add((sent.provider, event.purchase_ref))
            elif event.kind not in (EventKind.OTHER, EventKind.CARD_LINKED):
                purchases.add((sent.provider, event.purchase_ref))
    return purchases, refunds


def test_every_card_and_account_is_linked_before_it_is_told_of() -> None:
    world = hostile()
    linked = {(each.provider, each.token): each.at for each in world.links}
    # Stripe itself tells of a card that it gave in the place of another; that may come late, like everything.
    for shopper in world.town.shoppers:
        linked |= {("stripe", card.issuer_token): card.since for card in shopper.cards if shopper.issuer == "stripe"}
    for sent in world.deliveries:
        token = adapter(sent.provider).envelope(Delivery(sent.body, {}, sent.event)).card_token
        assert token is not None
        assert linked[sent.provider, token] <= sent.at


def test_clocks_change_twice_and_somebody_buys_in_the_hour_that_comes_twice() -> None:
    assert clock_changes(BEGIN, BEGIN + SPAN) == [
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2027, 3, 28, 1, tzinfo=UTC),
    ]
    nights = [each for each in hostile().purchases if Disturbance.DST_NIGHT in each.disturbances]
    autumn = [each.at.astimezone(ZONE) for each in nights if each.at.year == 2026]
    assert {each.hour for each in autumn} == {2}
    assert {each.fold for each in autumn} == {0, 1}
    assert {each.at.astimezone(ZONE).hour for each in nights if each.at.year == 2027} == {1, 3}


def test_twins_are_equal_purchases_in_one_shop_on_one_day() -> None:
    twins = [each for each in hostile().purchases if Disturbance.TWINS in each.disturbances]
    alike = Counter((each.shopper.name, each.shop.code, each.at.astimezone(ZONE).date(), each.authorised_minor)
                    for each in twins)  # fmt: skip
    assert set(alike.values()) == {2}


def test_the_files_can_be_read_back_and_replayed(tmp_path: Path) -> None:
    world = hostile(3, 100)
    write(world, tmp_path)
    assert read_truth(tmp_path) == truths_of(world)
    lines = list(read_events(tmp_path))
    assert [bytes(each.deliver.body) for each in lines if each.deliver] == [each.body for each in world.deliveries]
    assert lines[-1].at == world.ends_at
    steps = read_script(line.decode() for line in event_lines(world))
    assert [each.line.at for each in steps] == [each.at for each in lines]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (TRUTH, '{"id": 1}', r"truth\.ndjson, line 1: "),
        (TRUTH, "{", r"truth\.ndjson, line 1: "),
        (EVENTS, '{"at": "yesterday"}', r"events\.ndjson, line 1: "),
    ],
)
def test_a_file_that_cannot_be_read_names_its_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text + "\n")
    with pytest.raises(Invalid, match=said):
        read_truth(tmp_path) if name == TRUTH else list(read_events(tmp_path))


def test_a_folder_without_a_world_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"truth\.ndjson is missing: expected a folder that"):
        read_truth(tmp_path)
