"""Shoppers who buy and networks that tell of it: a life that is invented, in dialects that are real.

Owns nothing in the database and decides nothing about rewards: it speaks to the product as card networks do, from
outside, by signed webhooks.
"""
