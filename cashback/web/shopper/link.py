"""Linking a card through the sandbox's own field, with each consent apart and unticked."""

from starlette.requests import Request
from starlette.responses import Response

from cashback.errors import Conflict, Invalid, ProductError
from cashback.ids import show
from cashback.insights.consents import GIVEN, detail_of
from cashback.pipeline import link_card
from cashback.programmes import audit_log
from cashback.programmes.connections import providers_of
from cashback.shoppers import card_facts
from cashback.shoppers import service as shoppers
from cashback.shoppers.card_facts import CardFacts
from cashback.web.embed import CONSENTS, NETWORK
from cashback.web.mistakes import Fields
from cashback.web.shopper.frame import Form, Visit, back_to, form_of, visiting
from cashback.web.shopper.me import for_oneself
from issuers.sandbox_cards import SANDBOX_CARDS, enrol

CARD_YEARS = 3
"""A test card's last day lies so many years ahead, at the end of a year."""


async def link(request: Request) -> Response:
    """The form: why, what is seen and what never is, the card, and each consent by itself."""
    async with visiting(request) as visit:
        return await _page(visit)


async def do_link(request: Request) -> Response:
    """Keep what was agreed to in its very words, link the card, and tell what its bank says of it."""
    form = await form_of(request)
    try:
        async with visiting(request) as visit:
            code, shopper_id, now, actor, web = (
                form.get("card", ""), visit.shopper_id, visit.now, for_oneself(visit), visit.web,
            )  # fmt: skip
            await _check(visit, form)
            card, token = enrol(code, shopper_id.hex)
            if token is None:
                raise Invalid("the bank of this card does not take part", code="card_refused")
            links = await shoppers.links_of_tokens(visit.connection, visit.operator_id, [(NETWORK, token)])
            held = [each for each in links.get((NETWORK, token), []) if each.unlinked_at is None]
            if any(each.shopper_id != shopper_id for each in held):
                raise Conflict("this card is linked to another account", code="card_linked")
            await _agree(visit)
        assert web.linking is not None, "the application serves these pages only with what links cards"
        await link_card(
            web.engine,
            web.linking.road,
            actor,
            shopper_id=shopper_id,
            network=NETWORK,
            token=token,
            linked_at=now,
            last_four=card.last_four,
            scheme=card.scheme,
            now=now,
        )
        async with visiting(request, changing=True) as visit:
            await _tell_of_card(visit, token)
    except ProductError as refused:
        async with visiting(request) as visit:
            return await _page(visit, refused=refused, form=form)
    return back_to(request, "/me?done=linked")


async def _check(visit: Visit, form: Form) -> None:
    if NETWORK not in await providers_of(visit.connection, visit.operator_id):
        raise Invalid("no card can be linked here", code="no_network")
    fields = Fields(form)
    if form.get("card", "") not in {each.code for each in SANDBOX_CARDS}:
        fields.refuse("card", Invalid("card: expected one of those that were shown", code="choose_card"))
    for name in (each for each in CONSENTS if not form.get(each)):
        fields.refuse(name, Invalid(f"expected {' and '.join(CONSENTS)}", code="agree_first"))
    fields.check()


async def _agree(visit: Visit) -> None:
    """Each consent with the very words that were agreed to, as a line that nobody can change."""
    subject = show("shp", visit.shopper_id)
    for name in CONSENTS:
        detail = detail_of(name, visit.t.language, visit.t(f"link.consent.{name}", name=visit.house.name))
        await audit_log.record(visit.connection, visit.actor, GIVEN, subject, detail, visit.now)


async def _tell_of_card(visit: Visit, token: str) -> None:
    """What the sandbox, as a test card's bank, says of it: without that no plan could be tried."""
    await shoppers.lock(visit.connection, [visit.shopper_id])
    card_id = await card_facts.card_of(visit.connection, visit.operator_id, visit.shopper_id, NETWORK, token)
    last_day = visit.now.date().replace(year=visit.now.year + CARD_YEARS, month=12, day=31)
    facts = CardFacts(
        card_id=card_id,
        prepaid=False,
        expires_on=last_day,
        strong_authentication=True,
        source=NETWORK,
        told_at=visit.now,
    )
    await card_facts.tell(visit.connection, for_oneself(visit), visit.shopper_id, facts)


async def _page(visit: Visit, *, refused: ProductError | None = None, form: Form | None = None) -> Response:
    network = NETWORK in await providers_of(visit.connection, visit.operator_id)
    return visit.page(
        "link.html",
        visit.t("link.title"),
        status=200 if refused is None else refused.status,
        fields={"card_linked": "card", "card_refused": "card"},
        cards=SANDBOX_CARDS if network else (),
        consents=CONSENTS,
        refused=refused,
        form=form or {},
    )
