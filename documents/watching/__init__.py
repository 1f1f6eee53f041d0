"""What people see of ingestion while it goes on: how far a document is, what it waits for, and streams of changes."""
