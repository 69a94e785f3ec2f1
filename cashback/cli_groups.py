"""The groups of commands that stand in files of their own."""

import click

from cashback.cli_adjustments import adjustments
from cashback.cli_bank import bank
from cashback.cli_books import audit_command, books
from cashback.cli_chaos import simulations
from cashback.cli_claims import claims
from cashback.cli_collecting import collections, mandates_group
from cashback.cli_connections import connect, rotate
from cashback.cli_credit import SCORE_COMMANDS
from cashback.cli_domains import domains
from cashback.cli_endpoints import endpoints
from cashback.cli_erasure import erasure
from cashback.cli_feeds import feeds
from cashback.cli_files import files
from cashback.cli_funding import funding
from cashback.cli_keys import keys
from cashback.cli_merchants import merchants
from cashback.cli_offers import offer
from cashback.cli_operators import operators
from cashback.cli_payouts import gifts_group, payouts
from cashback.cli_plans import plans
from cashback.cli_purchases import purchases
from cashback.cli_review import aliases, drift, learning, outlets, review
from cashback.cli_review_decisions import review_decisions
from cashback.cli_rules import backtest, simulate
from cashback.cli_sampling import judge_command, sample_command
from cashback.cli_score import score
from cashback.cli_settlement import settlement
from cashback.cli_team import team
from cashback.cli_theme import theme

for command in (review, drift, learning, outlets, aliases):
    merchants.add_command(command)
for command in (sample_command, judge_command):
    review.add_command(command)
for command in SCORE_COMMANDS:
    score.add_command(command)

GROUPS: tuple[click.Command, ...] = (
    adjustments,
    audit_command,
    backtest,
    bank,
    books,
    claims,
    collections,
    connect,
    domains,
    endpoints,
    erasure,
    feeds,
    files,
    funding,
    mandates_group,
    merchants,
    offer,
    gifts_group,
    operators,
    keys,
    payouts,
    plans,
    purchases,
    review_decisions,
    score,
    rotate,
    settlement,
    simulations(simulate),
    team,
    theme,
)
"""What stands beside the commands of `cashback.cli`."""
