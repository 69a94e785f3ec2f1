"""Erasing a person (GDPR, article 17): what goes at once, what is emptied, what the law keeps and for how long."""
