"""The engine: candidates from Elasticsearch, judged by the truth."""

import logging
from dataclasses import replace

from knowledgebases.engines.base import Found, Query
from knowledgebases.engines.elastic import asking, mapping, scope
from knowledgebases.engines.elastic.client import client, patiently
from knowledgebases.engines.pgvector import PgvectorEngine
from system.errors import Suspended, Unavailable

log = logging.getLogger(__name__)


class ElasticsearchEngine:
    """Searches the index, and has what it proposes judged in PostgreSQL, beside the chunks that it may not know yet.

    So every hit is there at that moment, available and in scope, and has the scores that the other engine would give
    it. Where Elasticsearch does not answer, has no index or lags far behind, PostgreSQL searches alone, and `degraded`
    says so. Three round trips: scope, candidates, judgement.
    """

    def __init__(self) -> None:
        self.database = PgvectorEngine()

    def search(self, query: Query) -> Found:
        """Candidates for `query`."""
        if not query.terms or query.document_ids == []:
            return Found(hits=())
        if query.vector is not None and len(query.vector) > mapping.LONGEST_VECTOR:
            return self.database.search(query)  # such vectors are in the database alone
        try:
            return self._search(query)
        except Suspended as error:
            why = error.message
        except Unavailable as error:
            log.warning("searching without Elasticsearch: %s", error.message)
            why = error.message
        return replace(self.database.search(query), degraded=f"Searched in the database instead: {why}")

    def _search(self, query: Query) -> Found:
        found_in = scope.read(query)
        with patiently():
            proposed = asking.candidates(client(), query, found_in)
        judged = self.database.search(replace(query, among=[*proposed, *found_in.pending]))
        return replace(judged, near=judged.near and query.chunks <= asking.COMPARED)
