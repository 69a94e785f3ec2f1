"""The operator's console: one frame, one shape of table, and a module for each part of it."""
