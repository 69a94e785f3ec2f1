"""The shopping score, affordability, limits, the legal regime, plan quotes and decision records: pure functions.

No input or output beyond reading what the package ships, no clock, no randomness, no `await`; the standard library
alone to serve. Only what is named here is public. `eligibility.training` makes cards, offline.
"""

from eligibility.application import Application, Ficp, FicpStatus, History, Instrument, Means, Purchase, Told
from eligibility.calendar_days import add_months
from eligibility.canonical import encode
from eligibility.card import CELLS_MAX, SCORE_MAX, SCORE_MIN, Card, any_card, load_card
from eligibility.characteristics import features_of
from eligibility.decide import Decision, Outcome, ScoreAnswer, decide, read_application, replay, versions
from eligibility.errors import CardRefused, EligibilityError, OtherVersions, PlanImpossible, TableRefused, Unreadable
from eligibility.explain import Improvement, improvements, spoken
from eligibility.features import FEATURES, Feature, why_forbidden
from eligibility.information import Document, Line, Sheet, information_sheet
from eligibility.plans import CounterOffer, PlanAnswer, Quote, Rulebook, quote_plan
from eligibility.policy import Policy, load_policy
from eligibility.reasons import KINDS, Reason, Scope, sentence
from eligibility.regime import Classified, Credit, Regime, classify
from eligibility.schedule import INSTALMENT_MIN_MINOR, Due, Lender, Terms, schedule, split
from eligibility.scoring import SealedScore, Sealer
from eligibility.shipped import shipped_bytes, shipped_card, shipped_policy, shipped_rulebook, shipped_usury
from eligibility.taeg import taeg_bps
from eligibility.usury import UsuryTable, load_usury

__all__ = [
    "CELLS_MAX",
    "FEATURES",
    "INSTALMENT_MIN_MINOR",
    "KINDS",
    "SCORE_MAX",
    "SCORE_MIN",
    "Application",
    "Card",
    "CardRefused",
    "Classified",
    "CounterOffer",
    "Credit",
    "Decision",
    "Document",
    "Due",
    "EligibilityError",
    "Feature",
    "Ficp",
    "FicpStatus",
    "History",
    "Improvement",
    "Instrument",
    "Lender",
    "Line",
    "Means",
    "OtherVersions",
    "Outcome",
    "PlanAnswer",
    "PlanImpossible",
    "Policy",
    "Purchase",
    "Quote",
    "Reason",
    "Regime",
    "Rulebook",
    "Scope",
    "ScoreAnswer",
    "SealedScore",
    "Sealer",
    "Sheet",
    "TableRefused",
    "Terms",
    "Told",
    "Unreadable",
    "UsuryTable",
    "add_months",
    "any_card",
    "classify",
    "decide",
    "encode",
    "features_of",
    "improvements",
    "information_sheet",
    "load_card",
    "load_policy",
    "load_usury",
    "quote_plan",
    "read_application",
    "replay",
    "schedule",
    "sentence",
    "shipped_bytes",
    "shipped_card",
    "shipped_policy",
    "shipped_rulebook",
    "shipped_usury",
    "split",
    "spoken",
    "taeg_bps",
    "versions",
    "why_forbidden",
]
