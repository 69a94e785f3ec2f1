"""A whole programme as one YAML document: read it, compare it with what runs, apply it, write it out again.

Never decides anything about a purchase; what it writes goes through the services of the folders below.
"""
