import json

import pytest
from django.utils import timezone

from documents import removal
from documents.evaluation import measuring
from documents.evaluation import settings as ways
from documents.evaluation.measuring import Bound, Plan
from documents.evaluation.settings import Setting
from documents.models import EvaluatedQuestion, Evaluation, QuestionSet
from knowledgebases.embedding import embedder_for
from knowledgebases.models import Chunk, Knowledgebase
from system.errors import ArgumentError, Conflict, DataError, NotFound, TooLarge, Unavailable

pytestmark = pytest.mark.django_db


def evaluate(test_set, *settings, metrics=("ndcg@10", "recall@1", "mrr"), bound=None, **plan):
    ways = [Setting(one) for one in settings or [{}]]
    reached = Knowledgebase.objects.all()
    return measuring.evaluate(test_set, Plan.of(ways, metrics, **plan), reached=reached, bound=bound)


class Wrapped:
    """The model of a dataset, with something else about it."""

    def __init__(self, kb):
        self.embedder = embedder_for(kb)

    def __getattr__(self, name):
        return getattr(self.embedder, name)


def test_a_search_that_finds_everything_first_is_perfect(asked):
    (found,) = evaluate(asked)

    assert found.metrics == {"ndcg@10": 1, "recall@1": 1, "mrr": 1}
    assert (found.questions, found.unjudged, found.gone, found.degraded) == (3, 0, 0, 0)
    assert (found.model, found.chunks, found.setting) == (asked.kb.embd_id, 5, {})
    assert 0 < found.timings["search_p50"] <= found.timings["search_p95"]
    assert 0 < found.timings["embedding_p50"] <= found.timings["embedding_p95"]


def test_what_is_found_too_late_or_not_at_all_costs(asked, take):
    take({"t.csv": "id,question,document\ndams,Who builds dams?,herons.txt\n"})

    (found,) = evaluate(asked)
    dams = found.results.get(key="dams")

    assert dams.place is None or dams.place > 1
    assert (dams.score, dams.values["recall@1"]) == (dams.values["ndcg@10"], 0)
    assert found.metrics["recall@1"] == pytest.approx(2 / 3)
    assert dams.found[0]["document_name"] == "beavers.md"
    assert found.results.first().key == "dams"  # the worst first


def test_a_document_counts_once_at_its_best_chunk(asked, take):
    take({"t.csv": "id,question,document\nbeavers,What of beavers?,beavers.md\n"})

    (found,) = evaluate(asked, {"similarity_threshold": 0})
    result = found.results.get(key="beavers")

    assert (result.place, result.values["ndcg@10"]) == (1, 1)
    names = [hit["document_name"] for hit in result.found]
    assert len(names) == len(set(names))


def test_a_judged_chunk_counts_for_itself_alone(asked, take, chunk):
    relevant = [{"chunk": chunk("Beavers have").pk}]
    take({"t.jsonl": json.dumps({"id": "c", "question": "Who builds dams?", "relevant": relevant})})

    (found,) = evaluate(asked)
    result = found.results.get(key="c")

    assert result.found[0]["chunk_id"] == chunk("Beavers build").pk
    assert result.values["recall@1"] == 0
    assert result.values["mrr"] in {0, 0.5}


def test_what_is_gone_is_left_out_and_counted(asked, documents):
    removal.remove([documents["herons.txt"].pk])

    (found,) = evaluate(asked)

    assert (found.questions, found.unjudged, found.gone) == (2, 1, 2)
    assert found.metrics["ndcg@10"] == 1


def test_a_question_with_nothing_that_answers_it_is_left_out(asked, take):
    take({"t.csv": "id,question,document,grade\nnone,Who flies?,otters.txt,0\n"})

    (found,) = evaluate(asked)

    assert (found.questions, found.unjudged, found.gone) == (3, 1, 0)


def test_each_setting_is_an_evaluation_of_the_same_questions(asked):
    words, vectors = evaluate(asked, {"vector_similarity_weight": 0}, {"vector_similarity_weight": 1})

    assert [one.setting for one in (words, vectors)] == [
        {"vector_similarity_weight": 0},
        {"vector_similarity_weight": 1},
    ]
    asks = [list(one.results.order_by("key").values_list("key", "asked")) for one in (words, vectors)]
    assert asks[0] == asks[1]


def test_settings_reach_the_search(asked):
    (found,) = evaluate(asked, {"similarity_threshold": 1})

    assert found.metrics == {"ndcg@10": 0, "recall@1": 0, "mrr": 0}
    assert found.results.first().found == []


def test_each_question_is_embedded_once_and_outside_of_what_is_timed(asked, monkeypatch):
    texts = []

    class Counting(Wrapped):
        def embed_query(self, text):
            texts.append(text)
            return self.embedder.embed_query(text)

    monkeypatch.setattr(measuring, "embedder_for", Counting)

    evaluate(asked, {}, {"vector_similarity_weight": 1})

    assert len(texts) == len(set(texts)) == 3


def test_searches_without_a_model_are_counted(asked, monkeypatch):
    class Down(Wrapped):
        def embed_query(self, text):
            raise Unavailable("The model is down.")

    monkeypatch.setattr(measuring, "embedder_for", Down)

    (found,) = evaluate(asked)

    assert found.degraded == 3
    assert "The model is down." in found.results.first().degraded
    assert "embedding_p50" not in found.timings


def test_a_sample_is_the_same_each_time(asked):
    one, two = (evaluate(asked, sample=2)[0] for _ in range(2))

    assert (one.questions, one.sample) == (2, 2)
    keys = [set(found.results.values_list("key", flat=True)) for found in (one, two)]
    assert keys[0] == keys[1]


def test_a_sample_may_be_more_than_there_is(asked):
    assert evaluate(asked, sample=100)[0].questions == 3


@pytest.mark.parametrize("sample", [0, -1, 10_001])
def test_a_sample_that_cannot_be_is_refused(sample):
    with pytest.raises(ArgumentError, match="from 1 to 10000"):
        Plan.of([Setting({})], ["mrr"], sample=sample)


def test_a_setting_asks_a_rerank_model(asked, monkeypatch):
    questions = []

    class Judge:
        def scores(self, question, texts):
            questions.append(question)
            return [0.0] * len(texts)

    monkeypatch.setattr(ways.rerankers, "find", lambda tenant, model: Judge() if model == "judge@Acme" else None)

    alike = {"similarity_threshold": 0.1, "vector_similarity_weight": 1}
    plain, judged = evaluate(asked, alike, {**alike, "rerank_id": "judge@Acme"})

    assert len(questions) == 3
    assert judged.setting["rerank_id"] == "judge@Acme"
    assert (plain.metrics["mrr"], judged.metrics["mrr"]) == (1, 0)


def test_more_searches_than_may_be_are_refused_before_any(asked):
    with pytest.raises(TooLarge, match="3 questions in 2 ways are 6 searches, and one request may make 5"):
        evaluate(asked, {}, {"top_k": 5}, bound=Bound(searches=5, seconds=60))
    assert not Evaluation.objects.exists()


def test_what_takes_too_long_is_given_up_and_not_kept(asked):
    with pytest.raises(TooLarge, match=r"took too long .* 0 of 3 questions"):
        evaluate(asked, bound=Bound(searches=5, seconds=-1))
    assert not EvaluatedQuestion.objects.exists()


def test_nothing_to_ask_is_told(test_set):
    with pytest.raises(DataError, match="no question with an answer"):
        evaluate(test_set)


def test_nothing_to_search_is_told(asked):
    Chunk.objects.all().delete()

    with pytest.raises(DataError, match="no chunks to be found"):
        evaluate(asked)


def test_a_set_that_goes_meanwhile_is_told(asked, monkeypatch):
    real = measuring.retrieve

    def retrieve(*args, **kwargs):
        QuestionSet.objects.all().delete()
        return real(*args, **kwargs)

    monkeypatch.setattr(measuring, "retrieve", retrieve)

    with pytest.raises(NotFound, match="has been deleted"):
        evaluate(asked)


@pytest.mark.parametrize(
    ("change", "error"),
    [({"deleted_at": timezone.now()}, NotFound), ({"space_id": None}, Conflict), ({"language": "German"}, Conflict)],
    ids=["deleted", "another model", "another language"],
)
def test_a_dataset_that_changes_over_meanwhile_is_told(asked, monkeypatch, change, error):
    real = measuring.retrieve

    def retrieve(*args, **kwargs):
        found = real(*args, **kwargs)
        Knowledgebase.objects.update(**change)
        return found

    monkeypatch.setattr(measuring, "retrieve", retrieve)

    with pytest.raises(error):
        evaluate(asked)
    assert not Evaluation.objects.exists()


def test_a_dataset_that_is_gone_is_told(asked):
    Knowledgebase.objects.update(deleted_at=asked.created_at)

    with pytest.raises(NotFound, match=r"The dataset has been deleted"):
        evaluate(asked)


def test_old_evaluations_make_room(asked, monkeypatch):
    monkeypatch.setattr(measuring, "KEPT", 2)
    first, second, third = (evaluate(asked)[0] for _ in range(3))

    assert set(Evaluation.objects.values_list("pk", flat=True)) == {second.pk, third.pk}
    assert not EvaluatedQuestion.objects.filter(evaluation_id=first.pk).exists()


@pytest.mark.parametrize(
    ("metrics", "hits", "said"),
    [
        (["map@10"], None, "no metric 'map@10'"),
        (["recall@100"], 50, "`hits` should be a number from 100"),
        (["ndcg@10"], 1025, "to 1024"),
        ([f"ndcg@{k}" for k in range(1, 12)], None, "up to 10 metrics; these are 11"),
    ],
)
def test_what_cannot_be_measured_is_refused(metrics, hits, said):
    with pytest.raises(ArgumentError, match=said):
        Plan.of([Setting({})], metrics, hits=hits)


def test_hits_follow_the_deepest_metric():
    assert Plan.of([Setting({})], ["ndcg@10"]).hits == 128
    assert Plan.of([Setting({})], ["recall@500", "NDCG@10", "ndcg@10"]).hits == 500


def test_a_dataset_that_was_embedded_by_nothing_is_searched_by_words(asked):
    Knowledgebase.objects.update(space=None)

    (found,) = evaluate(asked)

    assert found.metrics["mrr"] > 0
    assert "embedding_p50" not in found.timings


def test_what_is_not_told_is_as_the_dataset_has_it(asked):
    Knowledgebase.objects.update(similarity_threshold=0.9, vector_similarity_weight=0.7)

    own, other = evaluate(asked, {}, {"similarity_threshold": 0.1})

    assert own.effective == {
        "similarity_threshold": 0.9,
        "vector_similarity_weight": 0.7,
        "top_k": 1024,
        "rerank_id": "",
    }
    assert (other.setting, other.effective["vector_similarity_weight"]) == ({"similarity_threshold": 0.1}, 0.7)
    assert own.metrics["mrr"] < other.metrics["mrr"]


def test_a_rerank_model_that_the_tenant_does_not_have_is_refused(asked):
    with pytest.raises(ArgumentError, match="no rerank model 'judge@Acme'"):
        evaluate(asked, {"rerank_id": "judge@Acme"})
