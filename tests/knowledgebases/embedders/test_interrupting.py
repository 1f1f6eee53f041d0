import pytest

from knowledgebases.embedders import local_embedder
from knowledgebases.embedders.interrupting import checkpoint, interruptible


class Unwanted(Exception):
    """Whoever asked does not want it any more."""


def test_a_long_call_ends_between_two_runs_of_the_graph():
    runs = []

    def check():
        runs.append(True)
        if len(runs) == 3:
            raise Unwanted

    texts = ["otter " * 400] * 32

    with interruptible(check), pytest.raises(Unwanted):
        local_embedder().embed(texts)

    assert len(runs) == 3


def test_without_anybody_who_checks_nothing_is_interrupted():
    checkpoint()

    with interruptible(lambda: None):
        checkpoint()
    with pytest.raises(Unwanted), interruptible(_unwanted):
        checkpoint()
    checkpoint()


def _unwanted():
    raise Unwanted
