"""What was answered to a request that carries an idempotency key: kept in the transaction of its effects, told again.

Knows no route and no HTTP beyond a status and a body.
"""
