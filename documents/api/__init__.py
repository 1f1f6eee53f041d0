"""Public REST routes of documents and chunks."""
