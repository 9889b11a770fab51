"""Rules about people: names, passwords, sessions. Pure."""
