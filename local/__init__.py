"""The platform on a laptop: database, tables, HTTP server, background work, demo data and tools."""
