"""The pages of the people who integrate: keys, endpoints, what was sent and asked, a simulator, the reference."""
