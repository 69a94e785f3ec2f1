"""The look of the programme: theme, welcome and posters."""
