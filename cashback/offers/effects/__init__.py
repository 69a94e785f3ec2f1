"""The kinds of rewards. A new kind is one class here and one name in the union of `cashback.offers.terms`."""
