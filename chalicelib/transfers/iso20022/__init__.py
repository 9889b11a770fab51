"""ISO 20022 messages: statements from the bank, payment files for the bank."""
