"""What the product tells the outside: the catalogue of events with their schemas, and putting them into the outbox.

Ids, amounts and codes, never a name, a reference, a card or a word that a person wrote: who wants more asks the API for
it by the id. Nothing is sent here.
"""
