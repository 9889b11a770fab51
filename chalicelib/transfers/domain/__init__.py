"""Rules of transfers."""
