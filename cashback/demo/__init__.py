"""A demonstration on this machine."""
