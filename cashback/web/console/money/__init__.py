"""Money, contested decisions, and who did what."""
