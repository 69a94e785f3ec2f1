"""The API without a database behind it, to be read."""

import json

from fastapi import FastAPI

from cashback.api.application import build_api
from cashback.api.document.meanings import MEANINGS, written
from cashback.api.document.remedies import REMEDIES
from cashback.catalogue.reading import texts_in
from cashback.clock import SystemClock
from cashback.db.engine import open_engine
from cashback.pipeline import Road
from cashback.runtime import Runtime
from cashback.settings import read_settings
from cashback.wakeups import LocalWakeups
from webhooks.sealing import KeyRing


def whole_api() -> FastAPI:
    """Every route; nothing is connected to."""
    settings = read_settings({"CASHBACK_MODE": "demo", "DATABASE_URL": "postgresql://elsewhere/nothing"})
    keyring = KeyRing(settings.master_key)
    engine = open_engine(settings.database_url)
    return build_api(Runtime(settings, engine, SystemClock(), keyring, LocalWakeups()), Road(keyring))


def written_document() -> str:
    """`docs/openapi.json` as it should be."""
    return json.dumps(whole_api().openapi(), indent=1, ensure_ascii=False) + "\n"


def written_errors() -> str:
    """`docs/errors.md` as it should be."""
    return written(MEANINGS, REMEDIES, texts_in("en"))
