"""Decision records as they are kept: the log that is sealed, the records themselves, and what was forgotten.

No identity stands here: a record names a pseudonym. Who that is, is kept by `cashback.decisions` alone.
"""
