"""Messages in and out: an append-only inbox log read by cursors. Own tables, no domain word in it.

Functions take the caller's connection and never commit; whoever opens a transaction also ends it.
"""
