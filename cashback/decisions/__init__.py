"""Decisions on payment in instalments: what is gathered, by which rules, what came of it, who looked again.

`eligibility` judges; everything that has state about judging stands here.
"""
