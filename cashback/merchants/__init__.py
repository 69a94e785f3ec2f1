"""Shops and the identifiers by which providers name them; decides which shop a purchase was made in."""
