"""A demonstration on this machine: a centre with a past, shoppers who go on buying, and the pages to watch it on.

Owns the folder it is given: the embedded database, the keys, the logs, the letters still to be sent. Starts the product
as anybody would, by its command line, and speaks to it only over HTTP.
"""
