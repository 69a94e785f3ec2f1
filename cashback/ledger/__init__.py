"""Double-entry transfers, append-only, and the balances that decisions need."""
