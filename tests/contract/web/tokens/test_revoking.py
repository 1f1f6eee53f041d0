import pytest

from system.models import APIToken

pytestmark = pytest.mark.django_db

RM = "/v1/api/rm"
DONE = {"code": 0, "message": "success", "data": True}
NOAUTH = {"code": 109, "message": "No authorization.", "data": False}


@pytest.fixture
def revoke(web, owner):
    """Revoke tokens; returns the answer."""

    def revoke(*tokens, client=web, **body):
        return client.post(RM, {"tokens": list(tokens), "tenant_id": owner.pk, **body}, format="json")

    return revoke


def test_tokens_are_revoked_together(revoke, issue, listed):
    first, second, third = (issue().json()["data"]["token"] for _ in range(3))

    assert revoke(first, third).json() == DONE
    assert listed() == [second]


@pytest.mark.parametrize("by", ["id", "hint"])
def test_a_token_whose_value_is_lost_is_revoked_by_what_is_shown(revoke, issue, listed, by):
    issue()
    token = APIToken.objects.get()

    assert revoke(token.pk if by == "id" else token.hint).json() == DONE
    assert listed() == []


def test_a_value_that_was_rotated_away_ends_alone(revoke, issue, listed):
    old = issue().json()["data"]["token"]
    new = APIToken.objects.get().rotate()

    assert revoke(old).json() == DONE
    assert listed() == [new]
    assert not APIToken.objects.matching(old).exists()
    assert APIToken.objects.matching(new).exists()


def test_a_revoked_token_keeps_the_time_of_its_end(revoke, issue):
    value = issue().json()["data"]["token"]
    revoke(value)
    ended = APIToken.objects.get().revoked_at

    assert revoke(value).json() == DONE
    assert APIToken.objects.get().revoked_at == ended


@pytest.mark.parametrize("named", ["nothing", "unknown", "foreign"])
def test_tokens_that_are_not_there_are_no_harm(revoke, web_as, issue, stranger, named):
    foreign = issue(web_as(stranger)).json()["data"]["token"]
    tokens = {"nothing": [], "unknown": ["ragflow-unknown", "0" * 32, "…"], "foreign": [foreign]}[named]

    assert revoke(*tokens).json() == DONE
    assert APIToken.objects.matching(foreign).exists()


def test_tokens_of_another_tenant_are_out_of_reach(revoke, web_as, issue, listed, owner, teammate):
    value, client = issue().json()["data"]["token"], web_as(teammate)

    foreign, unknown = revoke(value, client=client), revoke(value, client=client, tenant_id="0" * 32)

    assert (foreign.status_code, foreign.json()) == (403, NOAUTH)
    assert foreign.content == unknown.content
    assert listed() == [value]


@pytest.mark.parametrize(
    ("body", "missing"), [({}, "tokens,tenant_id"), ({"tokens": []}, "tenant_id"), ({"tenant_id": 1}, "tokens")]
)
def test_missing_keys_are_named(web, body, missing):
    answer = web.post(RM, body, format="json")

    assert answer.json() == {"code": 101, "message": f"required argument are missing: {missing}; ", "data": None}


@pytest.mark.parametrize("tokens", [None, "ragflow-x", 1, {"a": 1}, ["x", 1], [None], [["x"]]], ids=str)
def test_what_is_no_list_of_texts_revokes_nothing(revoke, issue, listed, tokens):
    value = issue().json()["data"]["token"]
    mixed = [value, *tokens] if isinstance(tokens, list) else tokens

    answer = revoke(tokens=mixed)

    assert (answer.status_code, answer.json()["code"]) == (400, 101)
    assert listed() == [value]


def test_a_request_names_a_bounded_number_of_tokens(revoke):
    assert revoke(*["x"] * 10_001).status_code == 413


@pytest.mark.parametrize("count", [1, 8])
def test_revoking_takes_a_constant_number_of_queries(revoke, issue, django_assert_max_num_queries, count):
    values = [issue().json()["data"]["token"] for _ in range(count)]

    with django_assert_max_num_queries(6):
        revoke(*values)
