import pytest

from documents.chunkers import chunker_for, naive
from system.errors import DocumentFault, FaultCode


def test_naive_is_the_naive_chunker():
    assert chunker_for("naive") is naive.chunk


@pytest.mark.parametrize("method", ["qa", "laws", "nonsense", ""])
def test_other_methods_are_refused_by_name_with_the_cure(method):
    with pytest.raises(DocumentFault, match="choose naive") as raised:
        chunker_for(method)

    assert raised.value.fault == FaultCode.UNSUPPORTED
    assert repr(method) in raised.value.message
