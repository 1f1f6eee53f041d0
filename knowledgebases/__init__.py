"""A dataset, its chunks, and the search over them."""
