import json

import pytest

from documents import removal, sweeping
from documents.evaluation import keeping, listing
from documents.models import Document, EvaluatedQuestion, Evaluation, Judgement, Question, QuestionSet
from knowledgebases import datasets
from knowledgebases.models import Chunk, Knowledgebase
from system.errors import ArgumentError, Conflict, NotFound, TooLarge

pytestmark = pytest.mark.django_db


def gone():
    return dict(Judgement.objects.with_gone().values_list("name", "gone"))


def test_names_are_unique_in_a_dataset_whatever_their_case(kb, owner):
    keeping.create(kb, " Animals ")

    with pytest.raises(Conflict, match="has a test set 'ANIMALS' already"):
        keeping.create(kb, "ANIMALS")
    assert QuestionSet.objects.get().name == "Animals"
    assert keeping.called(kb, "aniMALS ") == QuestionSet.objects.get()


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\0b", "a" * 129], ids=["empty", "blank", "line", "NUL", "long"])
def test_names_that_cannot_be_shown_are_refused(kb, name):
    with pytest.raises(ArgumentError, match=r"^Test set: the name"):
        keeping.create(kb, name)


def test_a_dataset_has_so_many_test_sets_and_no_more(kb, monkeypatch):
    monkeypatch.setattr(keeping, "SETS", 1)
    keeping.create(kb, "one")

    with pytest.raises(TooLarge, match="may have 1 test sets"):
        keeping.create(kb, "two")


def test_renaming_keeps_names_unique(kb):
    keeping.create(kb, "one")
    two = keeping.create(kb, "two")

    with pytest.raises(Conflict):
        keeping.rename(two, "One")
    assert keeping.rename(two, "TWO").name == "TWO"


def test_a_deleted_set_is_not_renamed_into_being(test_set):
    QuestionSet.objects.all().delete()

    with pytest.raises(NotFound):
        keeping.rename(test_set, "back")
    assert not QuestionSet.objects.exists()


def test_a_deleted_document_leaves_its_judgements_and_they_are_gone(asked, documents):
    removal.remove([documents["herons.txt"].pk])
    assert gone() == {"otters.txt": False, "beavers.md": False, "herons.txt": True}

    sweeping.clear_documents()

    assert not Document.objects.filter(name="herons.txt").exists()
    assert gone()["herons.txt"]
    assert listing.of_dataset(asked.kb)[0].gone_count == Judgement.objects.gone().count() == 2


def test_a_chunk_that_is_deleted_is_gone_and_its_document_is_not(take, chunk):
    dams = chunk("Beavers build")
    take({"t.jsonl": json.dumps({"question": "Q", "relevant": [{"chunk": dams.pk}]})})
    assert gone() == {"beavers.md": False}

    Chunk.objects.filter(pk=dams.pk).delete()

    assert gone() == {"beavers.md": True}


def test_test_sets_go_with_their_dataset(asked, library):
    evaluation = Evaluation.objects.create(question_set=asked, model="m", chunks=1, hits=1, questions=1)
    EvaluatedQuestion.objects.create(
        evaluation=evaluation, question=Question.objects.first(), key="k", text="t", score=1, values={}, milliseconds=1
    )
    datasets.bury(Knowledgebase.objects.filter(pk=library.pk))

    for _ in range(3):
        sweeping.sweep()

    assert not Knowledgebase.objects.exists()
    left = [model.objects.count() for model in (QuestionSet, Question, Judgement, Evaluation, EvaluatedQuestion)]
    assert left == [0, 0, 0, 0, 0]


def test_removing_questions_leaves_what_was_found_for_them(asked):
    evaluation = Evaluation.objects.create(question_set=asked, model="m", chunks=1, hits=1, questions=1)
    question = Question.objects.get(key="dams")
    EvaluatedQuestion.objects.create(
        evaluation=evaluation, question=question, key="dams", text="t", score=1, values={}, milliseconds=1
    )

    assert keeping.remove(asked, ["dams", "unknown"]) == 1

    found = EvaluatedQuestion.objects.get()
    assert (found.question, found.key) == (None, "dams")
    assert set(Question.objects.values_list("key", flat=True)) == {"hands", "hours"}


def test_a_list_of_test_sets_costs_few_statements(library, django_assert_max_num_queries):
    for number in range(20):
        keeping.create(library, f"set {number}")

    with django_assert_max_num_queries(6):
        rows = listing.of_dataset(library)

    assert [row.name for row in rows][:2] == ["set 19", "set 18"]
    assert {row.last for row in rows} == {None}
