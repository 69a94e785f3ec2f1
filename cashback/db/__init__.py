"""The database: one engine, one transaction shape, the operator set on every one of them, the table kinds.

Holds no table of its own and no statement of any domain.
"""
