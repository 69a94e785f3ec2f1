"""Who is asking: keys of integrators, people of operators, sign-in, sessions. Never decides what a command may do."""
