"""What somebody does before pages have something to show: an account, a claim, an invitation, a file, a key.

Each is a form of one of our own pages, sent as a browser sends it. What is refused is told and left.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import unescape
from typing import Any

import httpx

from bench.pages.places import LANGUAGE, Browser

IBAN = "FR1420041010050500013M02606"
SHOPS = "shop,name,centre,category,network,scheme,value\nquai-bis,Quai bis,,5812,sandbox,mid,990001\n,Nameless,,,,,\n"
_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Deed:
    """A form: on which page it stands, where it is sent, and what is typed into it."""

    who: str
    page: str
    action: str
    typed: Mapping[str, Any] = field(default_factory=dict)
    file: str | None = None
    """What is uploaded."""


def deeds(today: date) -> list[Deed]:
    """In the order in which they are done."""
    seller = {
        "name": "Quai SAS",
        "country": "FR",
        "registration": "732829320",
        "address": "12 quai Rambaud\n69002 Lyon",
    }
    hook = {"url": "http://127.0.0.1:9/hook", "type": ["reward.*", "purchase.*"]}
    return [
        Deed("shopper", "wallet/cash-out", "wallet/cash-out/accounts", {"iban": IBAN, "holder": "Camille Laurent"}),
        Deed("shopper", "wallet/cash-out", "wallet/cash-out", {"amount": "10.00"}),
        Deed("shopper", "wallet/claims", "wallet/claims", {"day": f"{today - timedelta(days=2)}", "amount": "23.40"}),
        Deed("operator", "operator/team", "operator/team/invite", {
            "name": "Vera Blanc", "address": "vera@centre.example", "role": "viewer"}),
        Deed("operator", "operator/settlement/seller", "operator/settlement/seller", seller),
        Deed("operator", "operator/shop-imports", "operator/shop-imports", file=SHOPS),
        Deed("integrator", "developer/endpoints", "developer/endpoints/new", hook),
        Deed("integrator", "developer/simulator", "developer/simulator/run", {
            "scenario": "clear", "amount": "48.00", "shop": "0"}),
    ]  # fmt: skip


async def do_all(browsers: Mapping[str, Browser], today: date) -> list[str]:
    """Do them, and ask the API once with a key of the portal; what was refused, and how."""
    told = [await _do(browsers[each.who].client, each) for each in deeds(today)]
    told.append(await _ask_the_api(browsers["integrator"].client))
    return [each for each in told if each]


async def _do(client: httpx.AsyncClient, deed: Deed) -> str:
    page = await client.get(f"/{LANGUAGE}/{deed.page}")
    address = f"/{LANGUAGE}/{deed.action}"
    form = next((each for each in _forms(page.text) if f'action="{address}"' in each), None)
    if form is None:
        return f"{deed.page}: no form leads to {deed.action}"
    data = {**{name: unescape(value) for name, value in _FIELD.findall(form)}, **_chosen(form), **deed.typed}
    files = None if deed.file is None else {"file": ("shops.csv", deed.file.encode(), "text/csv")}
    answer = await client.post(address, data=data, files=files, headers={"sec-fetch-site": "same-origin"})
    return "" if answer.status_code < 400 else f"{deed.action}: {answer.status_code}"


async def _ask_the_api(client: httpx.AsyncClient) -> str:
    page = await client.get(f"/{LANGUAGE}/developer/keys")
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    made = await client.post(
        f"/{LANGUAGE}/developer/keys/new",
        data={"csrf": "" if token is None else token[1], "label": "a first look", "scope": ["read"]},
        headers={"sec-fetch-site": "same-origin"},
    )
    key = re.search(r"ck_(?:live|test)_[a-z2-7]{52}", made.text)
    if key is None:
        return f"developer/keys/new: {made.status_code}, and no key is shown"
    answer = await client.get("/v1/purchases", headers={"authorization": f"Bearer {key[0]}"})
    return "" if answer.is_success else f"/v1/purchases: {answer.status_code}"


def _forms(page: str) -> list[str]:
    return re.findall(r"<form[^>]*method=\"post\".*?</form>", page, re.DOTALL)


def _chosen(form: str) -> dict[str, str]:
    """The first choice of each list and each group of buttons that has one."""
    found: dict[str, str] = {}
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        values = [each for each in re.findall(r'<option value="([^"]*)"', options) if each]
        found.update({name: unescape(values[0])} if values else {})
    for name, value in re.findall(r'<input type="radio" name="([^"]+)" value="([^"]*)"', form):
        found.setdefault(name, unescape(value))
    return found
