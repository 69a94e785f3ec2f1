"""The groups of commands that stand in files of their own."""

import click

from cashback.cli_adjustments import adjustments
from cashback.cli_books import audit_command, books
from cashback.cli_chaos import simulations
from cashback.cli_claims import claims
from cashback.cli_endpoints import endpoints
from cashback.cli_feeds import feeds
from cashback.cli_files import files
from cashback.cli_funding import funding
from cashback.cli_merchants import merchants
from cashback.cli_offers import offer
from cashback.cli_purchases import purchases
from cashback.cli_review import aliases, drift, learning, outlets, review
from cashback.cli_rules import backtest, simulate

for command in (review, drift, learning, outlets, aliases):
    merchants.add_command(command)

GROUPS: tuple[click.Command, ...] = (
    adjustments,
    audit_command,
    backtest,
    books,
    claims,
    endpoints,
    feeds,
    files,
    funding,
    merchants,
    offer,
    purchases,
    simulations(simulate),
)
"""What stands beside the commands of `cashback.cli`."""
