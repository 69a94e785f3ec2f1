"""The texts that people read, in every language: one catalogue of gettext files, edited with any tool for them."""
