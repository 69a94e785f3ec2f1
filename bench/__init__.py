"""Measures how fast the product is, beside floors measured in the same run. Never part of the test suite."""
