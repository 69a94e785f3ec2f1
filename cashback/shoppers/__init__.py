"""Shoppers and the directory of their cards. Holds opaque references only: no name, no address, no card number."""
