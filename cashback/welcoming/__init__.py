"""How strangers come in: the welcome page of a centre, its posters and what came of them, an operator's own domain."""
