"""All tables of the product in one place: what migrations create and what tests compare the database with."""

from sqlalchemy import MetaData

import cashback.adjustments.models
import cashback.auth.models
import cashback.auth.sso_models
import cashback.books.models
import cashback.branding.models
import cashback.claims.models
import cashback.collecting.models
import cashback.decision_log.models
import cashback.decisions.models
import cashback.erasure.models
import cashback.feeds.models
import cashback.figures.models
import cashback.figures.offer_models
import cashback.funding.models
import cashback.idempotency.models
import cashback.instalments.models
import cashback.ledger.models
import cashback.merchants.imports.models
import cashback.merchants.memo_models
import cashback.merchants.models
import cashback.notifications.models
import cashback.offers.models
import cashback.offers.trial_models
import cashback.payouts.models
import cashback.programmes.models
import cashback.purchases.models
import cashback.reconciliation.models
import cashback.request_log.models
import cashback.rewards.models
import cashback.settlement.models
import cashback.shoppers.models
import cashback.welcoming.models  # noqa: F401 - each import registers its tables
from cashback.db.metadata import metadata
from webhooks.models import metadata as webhooks_metadata

SCHEMA: tuple[MetaData, ...] = (metadata, webhooks_metadata)
