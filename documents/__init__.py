"""What goes in, and out again."""
