"""Who may read the metrics, and what they tell of requests."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.factories import KnowledgebaseFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(api_as):
    """A superuser, with a token."""

    def boss(**token):
        return api_as(UserFactory(operator=True), **token)

    return boss


def samples(client):
    answer = client.get("/metrics")
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (200, "text/plain")
    families = text_string_to_metric_families(answer.content.decode())
    return {(one.name, *sorted(one.labels.values())): one.value for family in families for one in family.samples}


def test_superusers_read_them_by_token_or_session(boss, console, anonymous):
    anonymous.get("/v1/system/ping")

    assert samples(boss()).keys() & samples(console).keys()


def test_a_token_that_may_only_read_is_enough(boss):
    assert samples(boss(scopes=["read"]))


def test_nobody_else_does(api, console_with, anonymous, web):
    answers = [client.get("/metrics") for client in (api, console_with(), anonymous, web)]

    assert [answer.status_code for answer in answers] == [403, 403, 401, 401]
    assert answers[0].json() == {"code": 108, "message": "Only superusers may read the metrics of the site."}


def test_a_token_of_some_datasets_does_not(api_as):
    kb = KnowledgebaseFactory(owner=(user := UserFactory(operator=True)))

    assert api_as(user, datasets=[kb.pk]).get("/metrics").status_code == 403


def test_requests_are_counted_by_few_labels(boss, anonymous):
    client = boss()
    asked = [
        ("GET", "/v1//system/ping/", ("2xx", "GET", "web")),
        ("GET", "/api/v1/datasets", ("4xx", "GET", "rest")),
        ("GET", "/admin/", ("3xx", "GET", "console")),
        ("BREW", "/nowhere", ("4xx", "other", "other")),
    ]
    before = samples(client)

    for method, path, _ in asked:
        anonymous.generic(method, path)

    after = samples(client)
    for *_, labels in asked:
        key = ("ragsite_http_request_duration_seconds_count", *sorted(labels))
        assert after[key] == before.get(key, 0) + 1
