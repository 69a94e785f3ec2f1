"""Every cent between the wallet that the truth deserves and the one that stands, by its reason. Pure.

The entitlements of the true purchases are what is deserved. One reason after the other, in the order of `Reason`, what
really stands is put in the place of what is true, and the entitlements are asked again: the difference that a step
makes is that reason's, also where a limit carries it on to another purchase. After the last step the purchases are
those that stand; what is then left is unexplained.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec.structs import replace

from cashback.merchants.schemas import Shop
from cashback.offers.entitlements import entitlements
from cashback.offers.schemas import Spend
from cashback.simulator.chaos.amounts import net_changes
from cashback.simulator.chaos.files import TruePurchase
from cashback.simulator.chaos.outcome import Outcome, Row
from cashback.simulator.chaos.rates import Disturbance
from cashback.simulator.chaos.reasons import Reason
from cashback.simulator.chaos.scoring import CLOCKS_OFF_SECONDS, Judged, Views

Wallet = Counter[str]
Change = Callable[[Spend], Spend | None]
_PLACE = ("shop_id", "centre_id", "category", "brand", "floor", "area")
_NETWORK_ROLES = {"fidel": "network", "lithic": "issuer", "stripe": "issuer"}


@dataclass(slots=True)
class Steps:
    """What is changed of one shopper's purchases, reason by reason."""

    changes: defaultdict[Reason, dict[str, list[Change]]] = field(default_factory=lambda: defaultdict(dict))
    """By reason and true purchase."""
    more: list[tuple[Reason, Spend]] = field(default_factory=list)
    """Purchases that stand beside the true ones."""

    def add(self, reason: Reason, truth: TruePurchase, change: Change) -> None:
        """One more step for a purchase."""
        self.changes[reason].setdefault(truth.id, []).append(change)


@dataclass(frozen=True, slots=True)
class Explained:
    """All wallets together, by asset."""

    deserved: Wallet
    stands: Wallet
    unexplained: Wallet
    """The sum of what is unexplained of each shopper, without its sign."""
    by_reason: Mapping[Reason, Wallet]
    """What each reason adds to all wallets together."""
    moved: Mapping[Reason, Wallet]
    """The same of each shopper, summed without its sign."""
    purchases: Mapping[Reason, int]
    """How many purchases each reason concerns, whether or not it moves a reward."""
    examples: Mapping[Reason, list[str]]
    """Ids of the first true purchases of each reason."""


EXAMPLES_MAX = 5


def explain(judged: Sequence[Judged], outcome: Outcome, rows: Views) -> Explained:
    """Compare the wallets of all shoppers."""
    people: defaultdict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        people[each.truth.shopper].append(each)
    told: defaultdict[str, list[Row]] = defaultdict(list)
    for row in outcome.rows:
        told[row.shopper].append(row)
    deserved: Wallet = Counter()
    stands: Wallet = Counter()
    unexplained: Wallet = Counter()
    by_reason: defaultdict[Reason, Wallet] = defaultdict(Counter)
    moved: defaultdict[Reason, Wallet] = defaultdict(Counter)
    purchases: Counter[Reason] = Counter()
    examples: defaultdict[Reason, list[str]] = defaultdict(list)
    for shopper in sorted(people.keys() | told.keys()):
        mine = people[shopper]
        spends = {each.truth.id: _true_spend(each.truth, outcome.shops) for each in mine}
        steps = _steps(mine, told[shopper], outcome, rows)
        before = _wallet(spends.values(), outcome)
        deserved.update(before)
        for reason in Reason:
            concerned = _take(reason, steps, spends)
            if not concerned:
                continue
            after = _wallet(spends.values(), outcome)
            for asset, amount in _difference(after, before).items():
                by_reason[reason][asset] += amount
                moved[reason][asset] += abs(amount)
            purchases[reason] += len(concerned)
            examples[reason] = (examples[reason] + concerned)[:EXAMPLES_MAX]
            before = after
        standing: Wallet = Counter()
        for row in told[shopper]:
            standing.update(outcome.earned.get(row.id, {}))
        stands.update(standing)
        for asset, amount in _difference(standing, before).items():
            unexplained[asset] += abs(amount)
    return Explained(deserved, stands, unexplained, by_reason, moved, purchases, examples)


def _take(reason: Reason, steps: Steps, spends: dict[str, Spend]) -> list[str]:
    """Take one reason's steps; answers the purchases concerned."""
    concerned = []
    for name, changes in steps.changes[reason].items():
        for change in changes:
            held = spends.pop(name, None)
            changed = None if held is None else change(held)
            if changed is not None:
                spends[name] = changed
        concerned.append(name)
    for why, spend in steps.more:
        if why is reason:
            spends[f"{reason.value}:{spend.ref}"] = spend
            concerned.append(spend.ref)
    return concerned


def _wallet(spends: Iterable[Spend], outcome: Outcome) -> Wallet:
    wallet: Wallet = Counter()
    for each in entitlements(spends, outcome.book, {}, may_ask=False):
        wallet[each.asset] += each.amount
    return wallet


def _difference(after: Wallet, before: Wallet) -> Wallet:
    found = {asset: after[asset] - before[asset] for asset in after.keys() | before.keys()}
    return Counter({asset: amount for asset, amount in found.items() if amount})


def _true_spend(truth: TruePurchase, shops: Mapping[str, Shop]) -> Spend:
    shop = shops[truth.shop]
    return Spend(
        purchase_id=uuid5(NAMESPACE_URL, truth.id),
        ref=truth.id,
        counts=truth.net_minor > 0,
        net_minor=truth.net_minor,
        gross_minor=truth.amount_minor,
        currency=truth.currency,
        purchased_at=truth.at,
        cleared_at=truth.cleared_at,
        network="",
        card_id=UUID(int=0),
        channel=None,
        shop_id=shop.id,
        centre_id=shop.centre_id,
        category=shop.category,
        brand=shop.brand,
        floor=shop.floor or None,
        area=shop.area or None,
    )


def _steps(mine: Sequence[Judged], told: Sequence[Row], outcome: Outcome, rows: Views) -> Steps:
    steps = Steps()
    claimed: set[UUID] = set()
    changes = net_changes([each.truth for each in mine], rows)
    for each in mine:
        told_of_it = [*each.rows, *(rows[view] for view in each.truth.withdrawn if view in rows)]
        standing = [row for row in told_of_it if row.witness_of is None]
        claimed |= {row.id for row in told_of_it}
        main = _main(each, standing, outcome)
        if main is None:
            if each.truth.net_minor > 0:
                _absent(steps, each, standing)
        else:
            _aligned(steps, each, main, outcome.spends[main.id], changes[each.truth.id])
        for row in standing:
            if row.id in outcome.spends and row is not main:
                steps.more.append((Reason.COUNTED_TWICE, outcome.spends[row.id]))
    for row in told:
        if row.id not in claimed and row.id in outcome.spends:
            steps.more.append((Reason.UNKNOWN_ROW, outcome.spends[row.id]))
    return steps


def _main(each: Judged, standing: Sequence[Row], outcome: Outcome) -> Row | None:
    """The row that stands for it: of those that offers look at, the nearest to its net."""
    counted = [row for row in standing if row.id in outcome.spends]
    return min(counted, key=lambda row: (abs(row.net_minor - each.truth.net_minor), row.network, row.ref), default=None)


def _absent(steps: Steps, each: Judged, standing: Sequence[Row]) -> None:
    """Why a purchase that should count stands nowhere where it counts."""
    truth = each.truth
    if not standing:
        reason = Reason.SWALLOWED if each.rows else Reason.NOT_STANDING
    elif any(row.state.may_earn() and row.shop is None for row in standing):
        reason = Reason.SHOP_MISSED if _shop_was_told(truth) else Reason.UNMATCHED_SHOP
    else:
        reason = Reason.NOT_STANDING
    steps.add(reason, truth, lambda _: None)


def _aligned(steps: Steps, each: Judged, main: Row, seen: Spend, changes: Sequence[tuple[Reason, int]]) -> None:
    """From the true purchase to the row that stands for it, one field after the other."""
    truth = each.truth
    if main.shop != truth.shop:
        place = {name: getattr(seen, name) for name in _PLACE}
        steps.add(Reason.WRONG_SHOP, truth, lambda spend: replace(spend, **place))
    if seen.currency != truth.currency:
        only = all(row.currency != truth.currency for row in each.rows)
        reason = Reason.FOREIGN_BILLING if only else Reason.AMOUNT_MISTAKEN
        money = {name: getattr(seen, name) for name in ("currency", "net_minor", "gross_minor", "counts")}
        steps.add(reason, truth, lambda spend: replace(spend, **money))
    else:
        _amounts(steps, truth, seen, changes)
    if seen.purchased_at != truth.at:
        times = _fields_of_time(seen)
        steps.add(_why_then(each, main), truth, lambda spend: replace(spend, **times))
    steps.add(Reason.OTHER_FIELDS, truth, lambda _: seen)


def _amounts(steps: Steps, truth: TruePurchase, seen: Spend, changes: Sequence[tuple[Reason, int]]) -> None:
    explained = truth.net_minor
    for reason, amount in changes:
        explained += amount
        steps.add(reason, truth, _with_net(max(0, explained)))
    if (max(0, explained), truth.amount_minor) != (seen.net_minor, seen.gross_minor):
        money = {name: getattr(seen, name) for name in ("net_minor", "gross_minor", "counts")}
        steps.add(Reason.AMOUNT_MISTAKEN, truth, lambda spend: replace(spend, **money))


def _with_net(net_minor: int) -> Change:
    return lambda spend: replace(spend, net_minor=net_minor, counts=net_minor > 0)


def _fields_of_time(seen: Spend) -> dict[str, object]:
    return {
        name: getattr(seen, name) for name in ("purchased_at", "purchased_until", "time_basis") if hasattr(seen, name)
    }


def _why_then(each: Judged, main: Row) -> Reason:
    truth = each.truth
    if abs((main.since - truth.at).total_seconds()) <= CLOCKS_OFF_SECONDS:
        return Reason.SOURCE_CLOCK
    exact = [row for row in each.rows if row.since == row.until and _near(row, truth)]
    if exact:
        return Reason.TIME_MISTAKEN
    if main.since <= truth.at <= main.until:
        return Reason.UNDECIDABLE_TIME
    return Reason.ONLY_COLLECTED if Disturbance.FORCE_POST in truth.disturbances else Reason.TIME_MISTAKEN


def _near(row: Row, truth: TruePurchase) -> bool:
    return abs((row.since - truth.at).total_seconds()) <= CLOCKS_OFF_SECONDS


def _shop_was_told(truth: TruePurchase) -> bool:
    """Whether a source that names shops by identifiers told it, under a contract that the programme knows."""
    told = any(network in _NETWORK_ROLES for network, _ in truth.views)
    return told and Disturbance.MID_DRIFT not in truth.disturbances
