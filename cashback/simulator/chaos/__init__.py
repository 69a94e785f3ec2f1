"""A hostile world: true purchases, and three sources that tell of each in their own way, late, twice, wrong, or not.

From a seed come the people, what they really bought, and every delivery of every source. The truth is written beside
the deliveries, so that whoever reads them can be scored. Owns nothing in the database.
"""
