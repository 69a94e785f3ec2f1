"""The overview, cohorts and segments."""
