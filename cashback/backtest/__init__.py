"""Try an offer before anybody sees it: over the purchases of the past, or on one purchase that was never made.

Runs the engine's own function on what is stored, in transactions that only read. `docs/backtest.md` describes both
answers.
"""
