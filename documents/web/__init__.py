"""Web API routes (/v1) of documents and chunks."""
