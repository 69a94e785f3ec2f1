"""Books that prove themselves: rows sealed into chains, heads signed, trial balances, the journal for others."""
