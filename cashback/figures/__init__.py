"""Figures of the console: sums by day that are kept beside the rows they are of, and what the hold-out says of them."""
