"""Every network's, issuer's and bank feed's dialect, spoken into one vocabulary.

Verifies raw bytes, parses them into `CardEvent`, unlinks a card over HTTP. No SQL, no clock, nothing of the product.
"""
