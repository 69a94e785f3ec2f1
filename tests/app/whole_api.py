"""The API without a database behind it, to be read."""

from fastapi import FastAPI

from cashback.api.application import build_api
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
