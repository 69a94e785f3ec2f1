"""Plans paid in instalments: what is owed, when, what was collected, and what a refund of the purchase makes of it."""
