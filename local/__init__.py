"""What runs the platform on a laptop: engine, tables, HTTP adapter, background work, demo data."""
