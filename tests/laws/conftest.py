"""How hard the laws are tried: `HYPOTHESIS_PROFILE=thorough` for many times the examples of every day."""

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
settings.register_profile("daily", max_examples=25, deadline=None, suppress_health_check=_SLOW, print_blob=True)
settings.register_profile("thorough", max_examples=1000, deadline=None, suppress_health_check=_SLOW, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "daily"))
