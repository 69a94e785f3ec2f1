"""Pages for people: the shopper's wallet and the operator's live feed. Never holds a rule or a statement of SQL."""
