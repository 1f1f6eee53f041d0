import pytest

from documents import batches, removal


def test_a_transaction_takes_few_documents_where_they_have_many_chunks(monkeypatch):
    monkeypatch.setattr(batches, "CHUNKS", 10)

    parts = list(batches.of_sizes({"a": 4, "b": 5, "c": 3, "d": 40, "e": 1}))

    assert parts == [["a", "b"], ["c"], ["d"], ["e"]]


@pytest.mark.django_db
def test_only_living_documents_are_parted(upload, monkeypatch):
    ids = [upload(f"{number}.txt").pk for number in range(4)]
    removal.remove(ids[:1])
    monkeypatch.setattr(batches, "DOCUMENTS", 2)

    parts = list(batches.of_living([*ids, "unknown"]))

    assert sorted(map(len, parts)) == [1, 2]
    assert {pk for part in parts for pk in part} == set(ids[1:])
