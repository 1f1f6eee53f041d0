"""What an index holds of a chunk, and how."""

from collections.abc import Iterable

from elasticsearch.dsl import Boolean, DenseVector, Field, Keyword, Mapping, SparseVector

from knowledgebases.models import EmbeddingSpace

REVISION = "1"
"""Changes with anything below that an index which is there already cannot take over: it is then built anew."""

WORDS = "words"
LONGEST_VECTOR = 4096
"""Dimensions that Elasticsearch takes."""

# Scores are ours: what a term weighs in a chunk (`lexical.weighing`) is stored as the value of a feature, and a search
# sums the products with the idf of its terms. Lucene's own BM25 over a field of our tokens, repeated as often as they
# weigh, put other passages among the first ten in 6 to 19 of 100 cases (cranfield, chroma-chunked, xquad-zh), for it
# counts idf over all datasets of an index and rounds lengths; this puts others there in one of 1,000.
_FIELDS: dict[str, Field] = {
    "kb": Keyword(index_options="docs", norms=False),
    "document": Keyword(index_options="docs", norms=False),
    "available": Boolean(),
    WORDS: SparseVector(index_options={"prune": False}),
}
# Plain graphs: the default of large dimensions keeps one bit of each number, and finds other neighbours.
_GRAPH = {"type": "hnsw", "m": 16, "ef_construction": 100}


def vector_field(space_id: int | str) -> str:
    """The field of the vectors of an embedding space: spaces have a graph each, and so never mix."""
    return f"vector_{space_id}"


def mapping() -> Mapping:
    """Of a new index. Nothing is stored but what searches need: texts and vectors can be read where the truth is."""
    made = Mapping()
    made.meta("dynamic", "strict")
    made.meta("_source", {"enabled": False})
    for name, field in _FIELDS.items():
        made.field(name, field)
    return made


def vectors(spaces: Iterable[EmbeddingSpace]) -> Mapping:
    """The fields of some embedding spaces, to be added to an index; those that are too long are left out."""
    made = Mapping()
    for space in spaces:
        if space.dimension <= LONGEST_VECTOR:
            field = DenseVector(dims=space.dimension, index=True, similarity="cosine", index_options=_GRAPH)
            made.field(vector_field(space.pk), field)
    return made
