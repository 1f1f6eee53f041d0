import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db import OperationalError

from documents import removal
from documents.evaluation import measuring
from documents.management.commands import evaluate as command
from documents.models import Evaluation, Question, QuestionSet
from tests.factories import KnowledgebaseFactory, UserFactory

pytestmark = pytest.mark.django_db


def run(*options):
    """What the command writes, what it complains of, and its exit code."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("evaluate", *options, stdout=out, stderr=err)
    except SystemExit as end:
        code = end.code
    except CommandError as error:
        err.write(str(error))
        code = error.returncode
    return out.getvalue(), err.getvalue(), code


@pytest.fixture
def evaluate(asked):
    """Run the command on the test set that has questions."""
    return lambda *options: run("--dataset", asked.kb_id, *options)


def test_the_figures_are_a_table(evaluate):
    out, err, code = evaluate()

    lines = out.splitlines()
    assert (err, code) == ("", 0)
    assert lines[0] == "Animals: 3 questions to Handbook, 5 chunks, all-MiniLM-L6-v2@Builtin"
    assert lines[1].split() == ["ndcg@10", "recall@10", "recall@100", "mrr", "p50", "ms", "p95", "ms"]
    assert lines[2].split()[:5] == ["defaults", "1.0000", "1.0000", "1.0000", "1.0000"]
    assert lines[2].split()[-1] == Evaluation.objects.get().pk
    assert lines[3].startswith("embedding")


def test_a_long_one_tells_somebody_who_looks_how_far_it_has_come(evaluate, monkeypatch):
    monkeypatch.setattr(command, "SECONDS", 0)
    quiet = evaluate()[1]
    monkeypatch.setattr(OutputWrapper, "isatty", lambda self: True)

    _, err, code = evaluate()

    assert (quiet, code) == ("", 0)
    assert [line.split(" were ") for line in err.splitlines()] == [
        [f"{number} of 3 questions", f"{done} …"] for done in ("embedded", "asked") for number in range(3)
    ]


def test_settings_are_compared_with_the_first(evaluate):
    out, _, code = evaluate("--setting", "defaults", "--setting", "similarity_threshold=1,top_k=5", "--metric", "mrr")

    lines = out.splitlines()
    assert code == 0
    assert lines[3].startswith("similarity_threshold=1 top_k=5")
    assert lines[-2] == "similarity_threshold=1 top_k=5 against defaults: 3 questions"
    assert lines[-1].split() == ["mrr", "-1.0000", "p", "0.2500", "0", "better,", "3", "worse"]


def test_json_is_one_object(evaluate, asked):
    out, err, code = evaluate("--json", "--setting", "defaults", "--setting", "top_k=5", "--fail-under", "mrr=0.5")

    told = json.loads(out)
    assert (err, code) == ("", 0)
    assert (told["dataset"], told["test_set"], told["failed"]) == (asked.kb_id, "Animals", [])
    assert [one["setting"] for one in told["evaluations"]] == [{}, {"top_k": 5}]
    assert told["comparisons"][0]["metrics"]["mrr"]["p"] == 1


@pytest.mark.parametrize(
    ("least", "code"), [(["ndcg@10=1"], 0), (["ndcg@10=0.5", "recall@1=0.9"], 0), (["ndcg@10=1", "mrr=1.01"], 1)]
)
def test_too_little_is_an_exit_code(evaluate, least, code):
    options = [option for one in least for option in ("--fail-under", one)]

    out, err, found = evaluate("--metric", "mrr", *options)

    assert found == code
    assert ("mrr is 1.0000 with defaults, below 1.01." in err) == bool(code)
    assert "ndcg@10" in out


def test_what_is_too_little_is_told_in_json(evaluate):
    out, _, code = evaluate("--json", "--setting", "similarity_threshold=1", "--fail-under", "NDCG@10=0.5")

    told = json.loads(out)
    assert code == 1
    assert told["failed"] == [
        {"evaluation": told["evaluations"][0]["id"], "metric": "ndcg@10", "value": 0, "least": 0.5}
    ]


def test_a_baseline_of_before_is_compared_with(evaluate):
    evaluate()
    before = Evaluation.objects.get()

    out, _, code = evaluate("--baseline", before.pk)

    assert code == 0
    assert f" against defaults ({before.pk}): 3 questions" in out


def test_files_are_imported_first(library, tmp_path):
    queries, qrels = tmp_path / "queries.jsonl", tmp_path / "qrels.tsv"
    queries.write_text('{"_id": "1", "text": "Who builds dams?"}\n')
    qrels.write_text("query-id\tcorpus-id\tscore\n1\tbeavers\t1\n1\tmoles\t1\n")
    given = ["--dataset", "handbook", "--test-set", "Dams", "--import", str(queries), str(qrels)]

    refused = run(*given)
    taken = run(*given, "--skip-missing")
    again = run(*given, "--skip-missing")

    assert refused[2] == 2
    assert "Line 3 of qrels.tsv: the dataset has no document 'moles'" in refused[1]
    assert (
        taken[1]
        == "Imported: 1 questions added, 0 replaced, 0 left out (1 judgements of what the dataset does not have).\n"
    )
    assert taken[2] == 0
    assert "0 questions added, 1 replaced" in again[1]
    assert QuestionSet.objects.get().name == "Dams"


def test_a_set_that_cannot_be_filled_is_not_made(library, tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("question,document\nQ,moles\n")

    run("--dataset", library.pk, "--test-set", "New", "--import", str(file))

    assert not QuestionSet.objects.exists()


def test_what_is_left_out_is_told(evaluate, documents):
    removal.remove([documents["herons.txt"].pk])

    out, _, _ = evaluate()

    assert "Left out: 2 judgements of what is gone, 1 questions without any other." in out


def test_there_is_no_limit_of_searches(evaluate, settings):
    settings.RAG_EVALUATION_SEARCHES = 1

    assert evaluate()[2] == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--test-set", "Plants"], "no test set 'Plants'"),
        (["--metric", "map"], "no metric 'map'"),
        (["--setting", "weight=1"], "no setting 'weight'"),
        (["--setting", "top_k=many"], "`top_k` should be a whole number"),
        (["--setting", "top_k"], "`top_k` should be a whole number"),
        (["--fail-under", "mrr"], "--fail-under takes METRIC=VALUE"),
        (["--fail-under", "mrr=nan"], "--fail-under takes METRIC=VALUE"),
        (["--fail-under", "map=1"], "--fail-under takes METRIC=VALUE"),
        (["--sample", "0"], "`sample` should be a number from 1 to 10000"),
        (["--hits", "3"], "`hits` should be a number from 100"),
        (["--baseline", "nobody"], "no evaluation 'nobody'"),
        (["--test-set", "Animals", "--import", "/nowhere/t.csv"], "/nowhere/t.csv cannot be read"),
        (["--import", "/nowhere/t.csv"], "Say which: --test-set NAME. The dataset has 'Animals'"),
    ],
)
def test_what_cannot_be_measured_is_told_with_its_own_exit_code(evaluate, options, said):
    out, err, code = evaluate(*options)

    assert (out, code) == ("", 2)
    assert said in err
    assert not Evaluation.objects.exists()


def test_a_database_that_does_not_answer_is_no_figure_below(evaluate, monkeypatch):
    def lost(*args, **kwargs):
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(measuring, "retrieve", lost)

    out, err, code = evaluate("--fail-under", "mrr=0.5")

    assert (out, code) == ("", 2)
    assert "The database does not answer: the connection is closed" in err


def test_a_dataset_that_is_not_there_or_not_told_is_refused(library):
    for owner in (UserFactory(), UserFactory()):
        KnowledgebaseFactory(owner=owner, name="Twins")

    assert "There is no dataset 'Nobody'" in run("--dataset", "Nobody")[1]
    assert "Several datasets are called 'twins'" in run("--dataset", "twins")[1]
    assert "The dataset has none yet" in run("--dataset", library.pk)[1]


def test_questions_without_a_set_are_nothing_to_ask(test_set):
    out, err, code = run("--dataset", test_set.kb_id)

    assert (out, code) == ("", 2)
    assert "no question with an answer" in err
    assert not Question.objects.exists()
