"""Assertions of the modules beside the tests explain themselves too."""

import pytest

pytest.register_assert_rewrite("crash_house", "crash_stack")
