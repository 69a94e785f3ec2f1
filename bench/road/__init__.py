"""From a message in the inbox log to a reward in a wallet: how many a second, how long each, beside what it is worth
comparing with. Owns the load, the independent model of what the load must lead to, and the baselines."""
