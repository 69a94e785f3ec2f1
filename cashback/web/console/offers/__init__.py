"""Offers at the desk."""
