"""Evidence and purchases: what sources told, and the fold of it into purchases as a person would describe them."""
