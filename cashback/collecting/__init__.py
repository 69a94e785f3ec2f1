"""Charging shoppers' cards for plans in instalments, giving money back to them, and the partner who lends.

It calls processors and lenders, never inside a transaction, and tells `instalments` what came of it. It never decides
whether somebody gets a plan.
"""
