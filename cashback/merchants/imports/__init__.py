"""Shops and their identifiers from a file that people upload: kept, looked at, mended, and applied once."""
