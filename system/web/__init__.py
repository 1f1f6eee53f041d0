"""Web API routes (/v1) of the system app."""
