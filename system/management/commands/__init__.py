"""Commands of the system app."""
