"""Money that leaves a wallet: so far what the operator paid by its own means, recorded so that the books stay whole."""
