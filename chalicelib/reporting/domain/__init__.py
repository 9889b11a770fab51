"""What the books say, worked out from postings. Pure."""
