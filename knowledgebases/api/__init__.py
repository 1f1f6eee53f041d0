"""Public REST routes of datasets and retrieval."""
