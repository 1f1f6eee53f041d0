import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from documents.evaluation import keeping
from documents.models import Evaluation, Question, QuestionSet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_described")]


def data(answer):
    assert answer.status_code == 200, answer.content
    return answer.json().get("data")


def refused(answer, status):
    assert answer.status_code == status, answer.content
    return answer.json()["message"]


def files(**contents):
    named = {"csv": "t.csv", "jsonl": "t.jsonl", "queries": "queries.jsonl", "qrels": "qrels.tsv"}
    return {"file": [SimpleUploadedFile(named[kind], text.encode()) for kind, text in contents.items()]}


def test_a_test_set_is_made_listed_renamed_and_deleted(api, base):
    made = data(api.post(base, {"name": "Birds"}, format="json"))
    renamed = data(api.put(f"{base}/{made['id']}", {"name": "Fish"}, format="json"))

    assert {key: made[key] for key in ("name", "questions", "judgements", "gone", "evaluation")} == {
        "name": "Birds",
        "questions": 0,
        "judgements": 0,
        "gone": 0,
        "evaluation": None,
    }
    assert renamed["name"] == "Fish"
    assert [one["id"] for one in data(api.get(base))] == [made["id"]]
    assert data(api.get(f"{base}/{made['id']}"))["name"] == "Fish"
    assert api.delete(f"{base}/{made['id']}").json() == {"code": 0}
    assert data(api.get(base)) == []


def test_a_name_that_is_taken_is_a_conflict(api, page, base):
    assert "already" in refused(api.post(base, {"name": "animals"}, format="json"), 409)
    assert "Field: <name>" in refused(api.post(base, {}, format="json"), 400)
    refused(api.post(base, "name=x", content_type="text/plain"), 415)


def test_a_set_of_another_dataset_is_not_there(api, page, base, owner):
    from tests.factories import KnowledgebaseFactory

    other = keeping.create(KnowledgebaseFactory(owner=owner), "Other")

    assert refused(api.get(f"{base}/{other.pk}"), 404) == f"The dataset has no test set {other.pk}."
    assert refused(api.get(f"{base}/{other.pk}/evaluations"), 404)


def test_questions_are_added_listed_and_deleted(api, page, documents, chunk):
    relevant = ["otters", {"document": documents["herons.txt"].pk, "grade": 3}]
    kept = data(
        api.post(
            f"{page}/questions", {"questions": [{"id": "x", "question": "X?", "relevant": relevant}]}, format="json"
        )
    )
    listed = data(api.get(f"{page}/questions", {"page": 2, "page_size": 3}))

    assert kept == {"added": 1, "replaced": 0, "missing": 0, "left_out": 0}
    assert listed["total"] == 4
    (question,) = listed["questions"]
    assert (question["id"], question["question"]) == ("x", "X?")
    assert [(one["document"], one["chunk"], one["grade"], one["gone"]) for one in question["relevant"]] == [
        ("herons.txt", None, 3, False),
        ("otters.txt", None, 1, False),
    ]
    assert api.delete(f"{page}/questions", {"ids": ["x"]}, format="json").json() == {"code": 0}
    assert not Question.objects.filter(key="x").exists()


def test_a_question_can_be_sent_as_it_came(api, page, chunk):
    relevant = [{"chunk": chunk("Otters hold").pk, "grade": 2}]
    api.post(f"{page}/questions", {"questions": [{"id": "c", "question": "C?", "relevant": relevant}]}, format="json")
    before = data(api.get(f"{page}/questions"))["questions"]

    kept = data(api.post(f"{page}/questions", {"questions": before}, format="json"))

    assert kept["replaced"] == 4
    assert data(api.get(f"{page}/questions"))["questions"] == before


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "Field: <questions>"),
        ({"questions": []}, "at least 1 item"),
        ({"questions": [{"question": "Q"}]}, "Field: <questions.0.relevant>"),
        ({"questions": [{"question": "Q", "relevant": "otters.txt"}]}, "Question 1: `relevant` should be a list"),
        ({"questions": [{"question": "Q", "relevant": [{"document": "otters", "grade": -1}]}]}, "the grade '-1'"),
        (
            {"questions": [{"question": "Q", "relevant": ["moles.txt"]}]},
            "Question 1: the dataset has no document 'moles",
        ),
        ({"questions": [{"question": "Q", "relevant": ["otters"]}] * 1001}, "at most 1000 items"),
    ],
)
def test_questions_that_cannot_be_kept_are_refused(api, page, body, said):
    assert said in refused(api.post(f"{page}/questions", body, format="json"), 400)
    assert Question.objects.count() == 3


def test_deleting_an_unknown_question_deletes_none(api, page):
    assert "no question 'nobody'" in refused(
        api.delete(f"{page}/questions", {"ids": ["dams", "nobody"]}, format="json"), 404
    )
    assert Question.objects.count() == 3


def test_files_are_imported_and_exported(api, page):
    kept = data(api.post(f"{page}/import", files(csv="question,document\nWho flies?,herons\n")))
    assert kept["added"] == 1

    written = api.get(f"{page}/export", {"form": "queries"})
    judged = api.get(f"{page}/export", {"form": "qrels"})

    assert written["Content-Disposition"] == 'attachment; filename="Animals.queries.jsonl"'
    assert written["X-Content-Type-Options"] == "nosniff"
    written, judged = (b"".join(answer).decode() for answer in (written, judged))
    assert json.loads(written.splitlines()[0]) == {"_id": "hands", "text": "How do otters sleep?"}
    both = files(queries=written, qrels=judged)
    assert data(api.post(f"{page}/import", both))["replaced"] == 4


def test_what_is_missing_can_be_left_out_of_an_import(api, page):
    sent = "question,document\nWho flies?,herons\nWho digs?,moles\n"

    assert "no document 'moles'" in refused(api.post(f"{page}/import", files(csv=sent)), 400)
    kept = data(api.post(f"{page}/import?skip_missing=true", files(csv=sent)))

    assert kept == {"added": 1, "replaced": 0, "missing": 1, "left_out": 1}


def test_an_import_that_is_too_large_is_refused_unread(api, page, settings):
    settings.RAG_BODY_BYTES = 1000

    assert "in parts" in refused(api.post(f"{page}/import", files(csv="x" * 2000)), 413)


def test_an_import_without_files_is_refused(api, page):
    assert refused(api.post(f"{page}/import", {"a": "b"}), 400) == "No file part!"


def test_teammates_see_what_they_may_not_change(api_as, teammate, page, base, library):
    type(library).objects.filter(pk=library.pk).update(permission="team")
    mate = api_as(teammate)

    assert len(data(mate.get(base))) == 1
    assert data(mate.get(f"{page}/questions"))["total"] == 3
    assert mate.get(f"{page}/export").status_code == 200
    for answer in (
        mate.post(base, {"name": "mine"}, format="json"),
        mate.post(f"{page}/import", files(csv="question,document\nQ,otters\n")),
        mate.post(f"{page}/evaluations"),
        mate.delete(page),
    ):
        assert refused(answer, 404) == f"You don't own the dataset {library.pk}."
    assert (QuestionSet.objects.count(), Question.objects.count(), Evaluation.objects.count()) == (1, 3, 0)


def test_a_token_that_may_only_read_evaluates_nothing(api_as, owner, page):
    reader = api_as(owner, scopes=["read"])

    assert data(reader.get(f"{page}/evaluations"))["total"] == 0
    refused(reader.post(f"{page}/evaluations"), 403)
