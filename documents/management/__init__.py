"""Management of the documents app."""
