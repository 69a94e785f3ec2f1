"""The OpenAPI document: what the framework knows of the routes, and what all of them have in common, told once."""
