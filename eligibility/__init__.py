"""The shopping score, the affordability checks and plan quotes: pure functions, no I/O, no clock.

Opened by the first offer of payment in instalments; it holds nothing before that.
"""
