"""Ids of nothing, and bodies that routes are probed with."""

from typing import Any

CSV = b"shop,network,scheme,value,valid_from,valid_until\ncafe,sandbox,mid,1009,,\n"
NO_PURCHASE, OTHER_PURCHASE = "pur_00000000000000000000000000", "pur_00000000000000000000000001"
NO_ADJUSTMENT = "adj_00000000000000000000000000"
NO_SETTLEMENT = "stl_00000000000000000000000000"
SELLER = {"name": "Le Quai SAS", "address": ["12 quai Rambaud", "69002 Lyon"], "registration": "732829320"}
NO_PAYOUT, NO_ACCOUNT = "pyt_00000000000000000000000000", "pac_00000000000000000000000000"
NO_ENDPOINT, NO_MESSAGE = "whe_00000000000000000000000000", "msg_00000000000000000000000000000000"
NO_KEY = "key_00000000000000000000000000"
NO_PLAN = "pln_00000000000000000000000000"
NO_MEMBER = "mem_00000000000000000000000000"
NO_MANDATE = "man_00000000000000000000000000"
NO_CLAIM = "clm_00000000000000000000000000"
NO_DECISION, NO_REVIEW = "dec_00000000000000000000000000", "rev_00000000000000000000000000"
SIX_TERMS = {"reward": {"kind": "percent", "asset": "EUR", "rate_bps": 600}}


def seen(revision: int, **more: Any) -> dict[str, Any]:
    return {"json": {"expected_revision": revision, **more}}
