"""What no single field of a programme file can know: codes that are used twice, missing, or contradict each other."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from cashback.merchants.csv_file import unknown_names, unknown_network
from cashback.merchants.schemas import Identifier, instant
from cashback.merchants.service import overlaps
from cashback.offers.conditions.channel import Networks
from cashback.offers.kinds import Mentioned
from cashback.programme_file.contradictions import contradictions
from cashback.programme_file.document import AssetEntry, OfferEntry, ProgrammeFile
from cashback.programme_file.yaml_text import Path
from cashback.programmes.schemas import AssetKind, currency_of
from issuers.registry import ADAPTERS

Found = tuple[Path, str]
_CODED = ("shop", "centre", "asset", "offer")


def problems_between(file: ProgrammeFile) -> list[Found]:
    """Every problem of a document whose fields are valid one by one, with the path of the field to mend.

    Contradictions are looked for where everything that an offer names is known.
    """
    found = [
        *_needed(file),
        *_repeated("centres", (each.code for each in file.centres)),
        *_repeated("assets", (each.code for each in file.assets)),
        *_repeated("shops", (each.code for each in file.shops)),
        *_repeated("offers", (each.code for each in file.offers)),
        *_shops(file),
        *_assets(file),
        *_offers(file),
        *_payouts(file),
        *_unknown_networks(_named_identifiers(file)),
        *_identifiers(file),
    ]
    if not any(path[0] in ("centres", "shops", "offers") and path[-1] == "code" for path, _ in found):
        wrong = {int(path[1]) for path, _ in found if path[0] == "offers"}
        found += contradictions(file, wrong)
    return found


def problems_beside(document: Any) -> list[Found]:
    """What can be told of a document as it was written, while fields of it are not valid yet.

    The centres of its shops and the networks of their identifiers are looked up by what is there; a place whose shape
    is wrong is passed over, because its own problem is told already.
    """
    if not isinstance(document, Mapping):
        return []
    shops = [(("shops", position), each) for position, each in _mappings(document.get("shops"))]
    named = [
        ((*path, "identifiers", position), each.get("network"), each.get("scheme"))
        for path, shop in shops
        for position, each in _mappings(shop.get("identifiers"))
    ]
    codes = [each.get("code") for _, each in _mappings(document.get("centres"))]
    wanted = [(path, shop.get("centre")) for path, shop in shops]
    centres = {each for each in codes if isinstance(each, str)}
    found = [*_unknown_networks((p, n, s) for p, n, s in named if isinstance(n, str) and isinstance(s, str))]
    if centres and len(centres) == len(codes):
        found += _unknown_centres(centres, ((path, each) for path, each in wanted if isinstance(each, str)))
    return found


def _mappings(entries: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for position, each in enumerate(entries if isinstance(entries, list | tuple) else ()):
        if isinstance(each, Mapping):
            yield position, each


def _named_identifiers(file: ProgrammeFile) -> Iterator[tuple[Path, str, str]]:
    for shop_position, shop in enumerate(file.shops):
        for position, each in enumerate(shop.identifiers or ()):
            yield ("shops", shop_position, "identifiers", position), each.network, each.scheme


def _unknown_networks(named: Iterable[tuple[Path, str, str]]) -> Iterator[Found]:
    for path, network, scheme in named:
        for field, message in unknown_names(network, scheme):
            yield (*path, field), message


def _unknown_centres(centres: set[str], named: Iterable[tuple[Path, str]]) -> Iterator[Found]:
    for path, centre in named:
        if centre not in centres:
            yield (*path, "centre"), _unknown("centre", centre, centres)


def _needed(file: ProgrammeFile) -> Iterator[Found]:
    for section, entries in (("centres", file.centres), ("assets", file.assets)):
        if not entries:
            yield (section,), "expected at least one"


def _repeated(section: str, codes: Iterable[str]) -> Iterator[Found]:
    first: dict[str, int] = {}
    for position, code in enumerate(codes):
        if code in first:
            yield (section, position, "code"), f"the code {code!r} is already that of {section}[{first[code]}]"
        first.setdefault(code, position)


def _unknown(what: str, code: str, known: Iterable[str]) -> str:
    codes = sorted(known)
    close = get_close_matches(code, codes, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(codes[:20]) or 'none: there is none'}"
    called = "has the code" if what in _CODED else "is called"
    return f"no {what} of this file {called} {code!r}; {hint}"


def _shops(file: ProgrammeFile) -> Iterator[Found]:
    centres = {each.code for each in file.centres}
    yield from _unknown_centres(centres, ((("shops", at), shop.centre) for at, shop in enumerate(file.shops)))


def _assets(file: ProgrammeFile) -> Iterator[Found]:
    known = {each.code: each for each in file.assets}
    for position, asset in enumerate(file.assets):
        here: Path = ("assets", position)
        currency = currency_of(asset.code)
        if asset.kind is AssetKind.MONEY and currency is None:
            yield (*here, "code"), f"money is counted in a currency: expected EUR or NAME:EUR, got {asset.code}"
        if asset.kind is not AssetKind.MONEY and currency is not None:
            yield (*here, "code"), f"{asset.code} ends in the currency {currency}: choose another code for {asset.kind}"
        yield from _conversion(asset, here, known)


def _conversion(asset: AssetEntry, here: Path, known: dict[str, AssetEntry]) -> Iterator[Found]:
    if asset.conversion is None:
        return
    into = known.get(asset.conversion.into)
    if asset.kind is AssetKind.MONEY:
        yield (*here, "conversion"), "money is paid out, it is not converted"
    if into is None:
        yield (*here, "conversion", "into"), _unknown("asset", asset.conversion.into, known)
    elif into.conversion is not None or into.code == asset.code:
        yield (*here, "conversion", "into"), f"{into.code} is itself converted; expected an asset that is not"


def _payouts(file: ProgrammeFile) -> Iterator[Found]:
    known = {each.code for each in file.assets}
    seen: set[str] = set()
    for position, each in enumerate(file.payouts.assets if file.payouts is not None else ()):
        here: Path = ("payouts", "assets", position, "asset")
        if each.asset not in known:
            yield here, _unknown("asset", each.asset, known)
        if each.asset in seen:
            yield here, f"the payouts of {each.asset} are told already"
        seen.add(each.asset)


def _offers(file: ProgrammeFile) -> Iterator[Found]:
    assets = {each.code for each in file.assets}
    codes = {each.code for each in file.offers}
    named = _named_places(file)
    for position, offer in enumerate(file.offers):
        base = offer.reward.multiplies()
        if base is not None and base not in codes:
            yield ("offers", position, "reward", "of"), _unknown("offer", base, codes)
        if offer.reward.asset not in assets:
            yield ("offers", position, "reward", "asset"), _unknown("asset", offer.reward.asset, assets)
        if offer.reward.kind in ("percent", "scale") and currency_of(offer.reward.asset) != offer.currency:
            message = f"a percentage of {offer.currency} pays {offer.currency}, not {offer.reward.asset}"
            yield ("offers", position, "reward", "asset"), message
        yield from _places(named, offer, ("offers", position))
        yield from _sources(offer, ("offers", position))


def _named_places(file: ProgrammeFile) -> Mapping[Mentioned, set[str]]:
    """Everything of the shops that conditions may name."""
    return {
        "shop": {each.code for each in file.shops},
        "centre": {each.code for each in file.centres},
        "brand": {each.brand or each.name for each in file.shops},
        "floor": {each.floor for each in file.shops if each.floor},
        "area": {each.area for each in file.shops if each.area},
    }


def _places(known: Mapping[Mentioned, set[str]], offer: OfferEntry, here: Path) -> Iterator[Found]:
    for position, condition in enumerate(offer.conditions):
        for what, codes in condition.references().items():
            for index, code in enumerate(codes):
                if code not in known[what]:
                    yield (*here, "conditions", position, f"{what}s", index), _unknown(what, code, known[what])


def _sources(offer: OfferEntry, here: Path) -> Iterator[Found]:
    for position, condition in enumerate(offer.conditions):
        for index, network in enumerate(condition.networks if isinstance(condition, Networks) else ()):
            if network not in ADAPTERS:
                yield (*here, "conditions", position, "networks", index), unknown_network(network)


def _identifiers(file: ProgrammeFile) -> Iterator[Found]:
    """An identifier leads to one shop at any instant; both shops and both places are named."""
    zones = {each.code: file.zone_of(each) for each in file.centres}
    paths: dict[Identifier, Path] = {}
    for shop_position, shop in enumerate(file.shops):
        zone = zones.get(shop.centre)
        if zone is None:
            continue
        for position, entry in enumerate(shop.identifiers or ()):
            identifier = Identifier(
                network=entry.network,
                scheme=entry.scheme,
                value=entry.value,
                shop_id=UUID(int=shop_position),
                valid_from=instant(entry.valid_from or "", zone),
                valid_until=instant(entry.valid_until or "", zone),
            )
            path: Path = ("shops", shop_position, "identifiers", position)
            if identifier in paths:
                yield path, f"{entry.network} {entry.scheme} {entry.value!r} is repeated"
            paths[identifier] = path
    for first, second in overlaps(paths):
        names = " and ".join(f"{file.shops[each.shop_id.int].name}" for each in (first, second))
        what = f"{second.network} {second.scheme} {second.value!r}"
        other = paths[first]
        yield paths[second], f"{what} would name {names} at the same time, see also shops[{other[1]}]"
