import pytest

from system.models import User
from system.rest.failures import Unhandled
from system.rest.pagination import DEFAULT_SIZE, LARGEST, Page
from tests.factories import UserFactory

COLUMNS = {"create_time": "created_at", "name": "email"}


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ({}, Page(1, DEFAULT_SIZE, "created_at", True)),
        ({"page": "", "page_size": "", "orderby": "", "desc": ""}, Page(1, DEFAULT_SIZE, "created_at", True)),
        ({"page": "0"}, Page(1)),
        ({"page_size": "0"}, Page(1, 0)),
        ({"page": "3", "page_size": "7", "orderby": "name", "desc": "FALSE"}, Page(3, 7, "email", False)),
        ({"desc": "0"}, Page()),
    ],
)
def test_query_parameters_become_a_page(query, page):
    assert Page.of(query, COLUMNS) == page


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ({"page": "3", "page_size": "7"}, Page(3, 7)),
        ({}, Page(1, LARGEST)),
        ({"page": "3"}, Page(1, LARGEST)),
        ({"page_size": "7"}, Page(1, LARGEST)),
        ({"page": "0", "page_size": "7"}, Page(1, LARGEST)),
        ({"page": "3", "page_size": "0", "desc": "false"}, Page(1, LARGEST, "created_at", False)),
    ],
)
def test_lists_of_the_web_api_are_paged_where_both_parameters_are_there(query, page):
    assert Page.of_web(query, COLUMNS) == page


@pytest.mark.parametrize("query", [{"page": "a"}, {"page_size": "1.5"}, {"orderby": "password"}])
def test_what_makes_no_page_is_told(query):
    with pytest.raises(Unhandled):
        Page.of(query, COLUMNS)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("page", "found"),
    [
        (Page(1, 2), [2, 1]),
        (Page(2, 2), [0]),
        (Page(1, 0), []),
        (Page(10**30, 10**30), []),
        (Page(1, 10**30, "email", False), [0, 1, 2]),
    ],
    ids=["first", "last", "no rows", "beyond", "all"],
)
def test_rows_of_a_page(page, found):
    users = UserFactory.create_batch(3)

    assert list(page.of_rows(User.objects.all())) == [users[index] for index in found]
