"""Web API routes (/v1) of datasets."""
