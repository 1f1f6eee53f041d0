"""PostgreSQL and Valkey out of wheels, and the supervisor of all processes."""
