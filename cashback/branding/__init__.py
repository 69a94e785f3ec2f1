"""How an operator's pages look: name, logo, colours that can be read, corners. Every publication is a version."""
