"""What people change in wallets by hand: goodwill, debts given up, corrections; limited, and above a limit by two."""
