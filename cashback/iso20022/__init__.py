"""Files that banks exchange (ISO 20022), and the account numbers in them: pure formats, no SQL, no clock, no network.

Owns: credit transfer files (pain.001), status reports (pain.002), statements and notifications (camt.053, camt.054),
IBAN and BIC, the characters and business days of SEPA. Never keeps what it read, and never says a name or an account
number in a message: what it refuses is told by line and element.
"""
