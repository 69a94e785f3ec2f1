"""The shopping score, affordability, limits, the legal regime, plan quotes and decision records: pure functions.

No input or output beyond reading what the package ships, no clock, no randomness, no `await`; the standard library alone to serve. Only
what is named here is public. `eligibility.training` makes cards, offline.
"""
