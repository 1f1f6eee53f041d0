"""The index in Elasticsearch: the passages that it holds are those that there are."""

from collections import Counter
from collections.abc import Iterator

from django.conf import settings

from documents.consistency.base import Finding, Scope
from knowledgebases.models import IndexState, SearchIndex


class FollowingIndex:
    """Passages that are in the database or in Elasticsearch only, and that nobody has noted as such."""

    name = "elasticsearch"
    meaning = "Searches do not find some passages, or fewer than they might."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Datasets with such passages. Raises Unavailable where Elasticsearch does not answer."""
        index = self._index()
        if index is None:
            return
        from knowledgebases.engines.elastic import client, parity

        with client.in_our_words():
            found = list(parity.differences(index, client.patient(), scope.kb_id))
        for missing, what in ((True, "are missing in Elasticsearch"), (False, "are in Elasticsearch alone")):
            counted = Counter(one.kb_id for one in found if one.missing is missing)
            yield from (Finding(kb_id, kb_id, f"{number} passages {what}") for kb_id, number in sorted(counted.items()))

    def repair(self, finding: Finding) -> str:
        """Note them; the sweeper brings the index up to the database."""
        index = self._index()
        if index is None:
            return ""
        from knowledgebases.engines.elastic import client, parity

        with client.in_our_words():
            noted = parity.note(index, list(parity.differences(index, client.patient(), finding.key)))
        return f"{noted} passages noted; the sweeper brings them" if noted else ""

    def _index(self) -> SearchIndex | None:
        if not settings.RAG_ELASTICSEARCH_URL:
            return None
        return SearchIndex.objects.filter(state=IndexState.SERVING).first()
