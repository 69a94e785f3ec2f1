"""How many signed webhooks are acknowledged, beside what the same machine could do at best in the same run.

`measure` runs everything and returns the figures; see `bench.ack.measure` for what each one is.
"""

from bench.ack.measure import measure

__all__ = ["measure"]
