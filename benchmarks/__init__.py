"""What the platform costs, measured: `make benchmarks`."""
