"""Offers: typed terms, immutable versions, one matcher, and the pure function that says what is owed and why."""
