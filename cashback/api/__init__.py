"""The HTTP surface: the webhook receiver, and the API of operators and integrators.

Translates between HTTP and the services; decides nothing about money.
"""
