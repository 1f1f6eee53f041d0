"""Elasticsearch beside PostgreSQL: it proposes candidates, and the truth says what they are.

Its one index holds what finds a chunk and nothing else: the weights of its terms, its vectors, and what searches filter
by. It follows the search rows (`models.following`) with a lag that no answer shows: chunks that it may not know as they
are now are left out of its search, and judged by their rows.
"""
