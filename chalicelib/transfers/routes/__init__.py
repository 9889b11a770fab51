"""Routes of transfers."""
