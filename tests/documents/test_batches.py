import pytest
from django.db import connection, transaction

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


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("limit", "chunks", "allowed"),
    [
        pytest.param("15s", 20_000, "15s", id="no more than usual"),
        pytest.param("15s", 700_000, "7015s", id="a gigabyte of text"),
        pytest.param("0", 700_000, "0", id="no limit"),
    ],
)
def test_statements_over_many_chunks_may_take_longer(limit, chunks, allowed):
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{limit}'")

        batches.allow(chunks)

        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] == allowed


@pytest.mark.django_db(transaction=True)
def test_what_is_allowed_ends_with_the_transaction():
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '15s'")
        with transaction.atomic():
            batches.allow(700_000)

        cursor.execute("SHOW statement_timeout")
        shown = cursor.fetchone()[0]
        cursor.execute("RESET statement_timeout")

    assert shown == "15s"
