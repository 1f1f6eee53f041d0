"""The sample documents of `make demo`: the handbook, rendered to every format that Ragsite reads."""
