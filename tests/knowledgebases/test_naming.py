from itertools import islice

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from knowledgebases import naming
from knowledgebases.models import Knowledgebase
from tests.factories import KnowledgebaseFactory


def names(name, taken, count=3, **options):
    def there(asked):
        return [one for one in asked if one.lower() in taken]

    return list(islice(naming.candidates(name, taken=there, **options), count))


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("x", set(), ["x", "x(1)", "x(2)"]),
        ("x", {"x"}, ["x(1)", "x(2)", "x(3)"]),
        ("X", {"x", "x(2)"}, ["X(1)", "X(3)", "X(4)"]),
        ("a.txt", {"a.txt"}, ["a(1).txt", "a(2).txt", "a(3).txt"]),
        ("a(1).txt", {"a(1).txt"}, ["a(2).txt", "a(3).txt", "a(4).txt"]),
        ("a.tar.gz", {"a.tar.gz"}, ["a.tar(1).gz", "a.tar(2).gz", "a.tar(3).gz"]),
        (".hidden", {".hidden"}, [".hidden(1)", ".hidden(2)", ".hidden(3)"]),
        ("a(x)", {"a(x)"}, ["a(x)(1)", "a(x)(2)", "a(x)(3)"]),
        ("a(1)b", {"a(1)b"}, ["a(1)b(1)", "a(1)b(2)", "a(1)b(3)"]),
        ("(7)", {"(7)"}, ["(8)", "(9)", "(10)"]),
    ],
)
def test_names_are_numbered_in_front_of_the_suffix(name, taken, expected):
    assert names(name, taken) == expected


def test_a_thousand_names_are_tried_with_two_questions():
    asked = []

    found = list(naming.candidates("x", taken=lambda names: asked.append(names) or names))

    assert found == []
    assert [len(names) for names in asked] == [1, 999]
    assert asked[1][-1] == "x(999)"


@pytest.mark.django_db
def test_names_that_rows_have_are_compared_whatever_their_case(owner):
    for name in ("Manuals", "manuals(1)", "other"):
        KnowledgebaseFactory(owner=owner, name=name)

    taken = naming.among(Knowledgebase.objects.all())

    assert set(taken(["MANUALS", "manuals(1)", "manuals(2)"])) == {"Manuals", "manuals(1)"}


def test_a_thousand_names_are_asked_for_at_the_price_of_one(db):
    taken = naming.among(Knowledgebase.objects.all())

    with CaptureQueriesContext(connection) as asked:
        list(taken([f"x({number})" for number in range(1000)]))

    (query,) = asked
    assert query["sql"].lower().count("lower(") == 2


@pytest.mark.parametrize("name", ["n" * 20, "n" * 12 + ".txt", "n." + "s" * 18])
def test_numbered_names_stay_within_the_limit(name):
    numbered = names(name, {name}, count=12, limit=20)

    assert max(map(len, numbered)) <= 20
    assert len(set(numbered)) == 12
