"""What the platform costs, measured: `make bench`."""
