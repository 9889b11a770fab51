"""The lending engine: schedules, returns, payments, distribution. Pure."""
