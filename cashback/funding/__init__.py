"""Those who pay for rewards: who they are, what they have paid in, and when nothing more is promised in their name."""
