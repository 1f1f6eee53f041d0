from contextlib import ExitStack

import pytest
from django.db import connection

from documents import removal
from documents.evaluation import keeping
from documents.evaluation.alone import AT_ONCE, alone
from documents.models import Evaluation
from system.errors import TooMany

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_described")]


def data(answer):
    assert answer.status_code == 200, answer.content
    return answer.json().get("data")


def refused(answer, status):
    assert answer.status_code == status, answer.content
    return answer.json()["message"]


def test_an_evaluation_is_made_listed_shown_and_deleted(api, page, base):
    answer = data(api.post(f"{page}/evaluations"))
    (made,) = answer["evaluations"]
    shown = data(api.get(f"{page}/evaluations/{made['id']}"))

    assert answer["comparisons"] == []
    assert made["metrics"] == {"ndcg@10": 1, "recall@10": 1, "recall@100": 1, "mrr": 1}
    assert data(api.get(f"{page}/evaluations")) == {"total": 1, "evaluations": [made]}
    assert data(api.get(base))[0]["evaluation"] == made
    assert {key: shown[key] for key in made} == made
    assert shown["comparison"] is None
    assert {one["id"] for one in shown["results"]} == {"hands", "dams", "hours"}
    assert shown["results"][0]["place"] == 1
    assert api.delete(f"{page}/evaluations/{made['id']}").json() == {"code": 0}
    assert not Evaluation.objects.exists()


def test_settings_are_compared_with_the_first(api, page):
    body = {"settings": [{}, {"similarity_threshold": 1}], "metrics": ["recall@1"]}

    answer = data(api.post(f"{page}/evaluations", body, format="json"))

    first, second = answer["evaluations"]
    (comparison,) = answer["comparisons"]
    assert (comparison["before"], comparison["after"]) == (first["id"], second["id"])
    assert (comparison["paired"], comparison["unpaired"]) == (3, 0)
    assert comparison["metrics"] == {
        "recall@1": {"before": 1, "after": 0, "difference": -1, "p": 0.25, "better": 0, "worse": 3}
    }
    assert second["setting"] == {"similarity_threshold": 1}


def test_an_evaluation_of_before_is_a_baseline(api, page):
    (before,) = data(api.post(f"{page}/evaluations"))["evaluations"]
    api.post(
        f"{page}/questions",
        {"questions": [{"id": "dams", "question": "Who builds?", "relevant": ["beavers"]}]},
        format="json",
    )

    answer = data(api.post(f"{page}/evaluations", {"baseline": before["id"]}, format="json"))

    (comparison,) = answer["comparisons"]
    assert (comparison["before"], comparison["paired"], comparison["unpaired"]) == (before["id"], 2, 2)
    shown = data(api.get(f"{page}/evaluations/{comparison['after']}", {"baseline": before["id"]}))
    assert shown["comparison"] == comparison


def test_an_unknown_baseline_is_refused_before_anything_is_searched(api, page):
    assert "no evaluation nobody" in refused(
        api.post(f"{page}/evaluations", {"baseline": "nobody"}, format="json"), 404
    )
    assert not Evaluation.objects.exists()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"settings": [{"weight": 1}]}, "no setting 'weight'; there are similarity_threshold"),
        ({"settings": [{"vector_similarity_weight": 2}]}, "should be a number from 0 to 1"),
        ({"settings": [{"vector_similarity_weight": "1"}]}, "should be a number from 0 to 1"),
        ({"settings": [{"top_k": 0}]}, "`top_k` should be a whole number"),
        ({"settings": [{"top_k": 1.5}]}, "`top_k` should be a whole number"),
        ({"settings": [{"rerank_id": ["a"]}]}, "`rerank_id` should be a text"),
        ({"settings": [{"rerank_id": "judge@Acme"}]}, "no rerank model 'judge@Acme'"),
        ({"settings": [{}, {}]}, "The setting defaults is there twice"),
        ({"settings": [{"top_k": n} for n in range(1, 12)]}, "at most 10 items"),
        ({"metrics": ["map"]}, "There is no metric 'map'"),
        ({"hits": 5}, "from 100, which the metrics need"),
        ({"sample": 0}, "Field: <sample>"),
        ({"sample": 2**31}, "Field: <sample>"),
        ({"weight": 1}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(api, page, body, said):
    assert said in refused(api.post(f"{page}/evaluations", body, format="json"), 400)
    assert not Evaluation.objects.exists()


def test_a_request_makes_so_many_searches_and_no_more(api, page, settings):
    settings.RAG_EVALUATION_SEARCHES = 5
    two = {"settings": [{}, {"top_k": 5}]}

    assert "one request may make 5" in refused(api.post(f"{page}/evaluations", two, format="json"), 413)
    assert data(api.post(f"{page}/evaluations", {**two, "sample": 2}, format="json"))


def test_a_request_takes_so_long_and_no_longer(api, page, settings):
    settings.RAG_EVALUATION_SECONDS = -1.0

    assert "took too long" in refused(api.post(f"{page}/evaluations"), 413)


def test_one_evaluation_of_a_test_set_at_a_time(api, page, asked):
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"evaluation:{asked.pk}"])

        answer = api.post(f"{page}/evaluations")

        assert "is being evaluated" in refused(answer, 429)
        assert answer["Retry-After"] == "5"
    finally:
        other.close()
    assert data(api.post(f"{page}/evaluations"))


def test_a_turn_does_not_go_with_the_connection_of_the_searches(asked):
    with alone(asked), pytest.raises(TooMany, match="This test set"), alone(asked):  # to one connection it is its own
        pass


def test_few_evaluations_of_the_site_at_a_time(asked, library):
    others = [keeping.create(library, f"Set {number}") for number in range(AT_ONCE)]
    with ExitStack() as turns:
        for one in others:
            turns.enter_context(alone(one))
        with pytest.raises(TooMany, match="Other test sets"), alone(asked):
            pass
    with alone(asked):
        pass


def test_what_is_gone_shows(api, page, base, documents):
    removal.remove([documents["herons.txt"].pk])

    (made,) = data(api.post(f"{page}/evaluations"))["evaluations"]

    assert (made["questions"], made["unjudged"], made["gone"]) == (2, 1, 2)
    assert data(api.get(base))[0]["gone"] == 2
    shown = {one["id"]: one["relevant"] for one in data(api.get(f"{page}/questions"))["questions"]}
    assert [(one["document"], one["gone"]) for one in shown["hours"]] == [("herons.txt", True)]
