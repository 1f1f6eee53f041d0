"""The scope of every route below a test set: the dataset first, then the test set."""

from documents.api.dataset_scope import InDataset
from documents.models import QuestionSet
from system.errors import NotFound


class InTestSet(InDataset):
    """Routes below `/datasets/{dataset_id}/test_sets/{test_set_id}`."""

    def test_set(self) -> QuestionSet:
        """The test set that the path names, of a dataset that was reached."""
        key = str(self.kwargs["test_set_id"])
        kb = self.dataset()
        found = QuestionSet.objects.filter(kb=kb, pk=key).first()
        if found is None:
            raise NotFound(f"The dataset has no test set {key}.")
        found.kb = kb
        return found
