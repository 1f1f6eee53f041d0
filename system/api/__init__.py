"""Public REST routes of the system app."""
