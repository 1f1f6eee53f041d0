import pytest

pytestmark = pytest.mark.django_db

EMPTY = {name: [] for name in ("pv", "uv", "speed", "tokens", "round", "thumb_up")}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"from_date": "", "to_date": ""},
        {"from_date": "2025-03-11"},
        {"to_date": "2025-03-11"},
        {"from_date": "2025-03-11", "to_date": "2025-03-11"},
        {"from_date": "2025-03-11 13:37:23", "to_date": "2025-03-12"},
        {"from_date": "0001-01-01", "to_date": "9999-12-31 23:59:59"},
        {"to_date": "0001-01-01"},
    ],
    ids=str,
)
def test_without_conversations_every_series_is_empty(web, query):
    answer = web.get("/v1/api/stats", query)

    assert answer.json() == {"code": 0, "message": "success", "data": EMPTY}


@pytest.mark.parametrize("key", ["from_date", "to_date"])
@pytest.mark.parametrize(
    "text",
    ["yesterday", "2025-02-30", "11.03.2025", "2025-03-11T13:37", "99999-01-01", "-1", "2025-03-11 25:00:00", "'"],
)
def test_what_is_no_date_is_refused(web, key, text):
    answer = web.get("/v1/api/stats", {key: text})

    assert (answer.status_code, answer.json()["code"]) == (400, 101)
    assert answer.json()["message"].startswith(f"`{key}` should be a day")


@pytest.mark.parametrize(
    "query", [{"from_date": "2025-03-12", "to_date": "2025-03-11"}, {"from_date": "9999-01-01"}], ids=str
)
def test_days_go_forward(web, query):
    answer = web.get("/v1/api/stats", query)

    assert (answer.status_code, answer.json()["message"]) == (400, "`from_date` should not be after `to_date`")
