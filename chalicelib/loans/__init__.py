"""Loans: from the request to the last cent repaid."""
