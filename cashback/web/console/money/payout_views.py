"""Payouts as the desk tells them: state, reason and what to do, each in words."""

from cashback.iso20022.reasons import REASONS as BANK_REASONS
from cashback.iso20022.reasons import reason_in
from cashback.payouts.moves import BACK
from cashback.payouts.schemas import IN_FILES, Payout, State
from cashback.web.messages import MESSAGES, Translator
from cashback.web.statuses import Status

STATUSES = {
    State.REQUESTED: Status("payouts.state.requested", "clock", "info"),
    State.HELD: Status("payouts.state.held", "hourglass", "warn"),
    State.WAITING_APPROVAL: Status("payouts.state.waiting_approval", "user", "warn"),
    State.APPROVED: Status("payouts.state.approved", "circle-check", "info"),
    State.SENDING: Status("payouts.state.sending", "send", "info"),
    State.UNKNOWN: Status("payouts.state.unknown", "search", "warn"),
    State.SENT: Status("payouts.state.sent", "send", "info"),
    State.RECALLING: Status("payouts.state.recalling", "undo-2", "warn"),
    State.PAID: Status("payouts.state.paid", "circle-check", "pos"),
    State.FAILED: Status("payouts.state.failed", "triangle-alert", "neg"),
    State.RETURNED: Status("payouts.state.returned", "undo-2", "neg"),
    State.CANCELLED: Status("payouts.state.cancelled", "ban", "mute"),
    State.STOPPED: Status("payouts.state.stopped", "ban", "mute"),
}

GROUPS = {
    "decide": (State.WAITING_APPROVAL,),
    "held": (State.HELD,),
    "send": (State.APPROVED,),
    "way": (State.REQUESTED, State.SENDING, State.UNKNOWN, State.SENT, State.RECALLING),
    "paid": (State.PAID,),
    "back": (State.FAILED, State.RETURNED),
    "stopped": (State.CANCELLED, State.STOPPED),
}
"""What the list is filtered by: each name with its states."""

_ACCOUNT = frozenset({
    "AC01", "AC03", "AC04", "AC06", "AC07", "AC13", "AG01", "BE01", "BE06", "MD07", "RC01", "RC07", "account_closed",
    "no_account", "account_removed", "incorrect_account_holder_name", "invalid_account_number",
})  # fmt: skip
"""Codes that another account of the member mends."""
_LAW = frozenset({"FRAD", "RR01", "RR02", "RR03", "RR04"})
_BY_REASON = {
    "account_cooling": "payouts.do.account_cooling",
    "daily_cap_shopper": "payouts.do.daily_cap",
    "daily_cap_operator": "payouts.do.daily_cap",
    "out_of_stock": "payouts.do.out_of_stock",
    "rail_not_opened": "payouts.do.rail_not_opened",
    "above_limit": "payouts.do.above_limit",
}
_BY_STATE = {
    State.SENDING: "payouts.do.unknown",
    State.UNKNOWN: "payouts.do.unknown",
    State.RECALLING: "payouts.do.unknown",
    State.SENT: "payouts.do.sent",
    State.PAID: "payouts.do.paid",
    State.CANCELLED: "payouts.do.back",
    State.STOPPED: "payouts.do.back",
}


def why(t: Translator, reason: str | None) -> str:
    """Why a payout stands there: the desk's words, else the bank's, else the rail's own code; empty for no reason."""
    if reason is None:
        return ""
    key = f"payouts.why.{reason}"
    if key in MESSAGES:
        return t(key)
    return f"{reason_in(t.language, reason)} ({reason})" if reason in BANK_REASONS else reason


def what_to_do(t: Translator, payout: Payout) -> str:
    """The next step of whoever looks at it, or that there is none."""
    if payout.state in (State.FAILED, State.RETURNED):
        code = payout.reason or ""
        return t("payouts.do.account" if code in _ACCOUNT else "payouts.do.law" if code in _LAW else "payouts.do.ours")
    if payout.reason in _BY_REASON and payout.state not in BACK:
        return t(_BY_REASON[payout.reason])
    if payout.state is State.APPROVED:
        return t("payouts.do.approved" if payout.rail in IN_FILES else "payouts.do.approved_alone")
    return t(_BY_STATE.get(payout.state, "payouts.do.approved_alone"))
