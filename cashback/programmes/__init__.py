"""Operators, their programme, centres, assets, connections to providers, and the programme's revision.

Holds no offer and no shop: those stand above and refer to it.
"""
