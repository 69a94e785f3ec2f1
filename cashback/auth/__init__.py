"""Who is asking: API keys of integrators, signed sessions of people. Never decides what a command may do."""
