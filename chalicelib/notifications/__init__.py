"""Messages to users: the inbox, preferences and emails."""
