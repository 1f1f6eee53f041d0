"""Text to terms, and their statistics."""
