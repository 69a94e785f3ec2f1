"""Shops, imports, places to match, members and claims: the counter."""
