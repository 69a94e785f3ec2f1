"""Events on their way out: the endpoints of an operator, and the worker's rounds that send what is due.

It never decides what is told (`cashback.events`), and never signs or sends by itself (`webhooks`).
"""
