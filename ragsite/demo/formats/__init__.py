"""One module a file format: a `Page` of the handbook to the bytes of a file, the same bytes every time."""
