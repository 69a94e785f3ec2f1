"""Try a programme on events before launch: a throwaway database, a clock that follows the events, and every reason.

`docs/replay.md` describes both formats. What runs is the road itself; only signatures are not asked for.
"""
