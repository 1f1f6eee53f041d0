import re

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from documents import removal
from documents.evaluation import measuring
from documents.evaluation.measuring import Plan
from documents.evaluation.settings import Setting
from documents.models import Evaluation, Judgement, Question, QuestionSet
from knowledgebases.models import Knowledgebase

pytestmark = pytest.mark.django_db

SETS = "/admin/documents/questionset/"
QUESTIONS = "/admin/documents/question/"
EVALUATIONS = "/admin/documents/evaluation/"


def text(answer):
    """What a page says, without its tags."""
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def csv(content):
    return [SimpleUploadedFile("t.csv", content.encode())]


def of(test_set, page):
    return f"{SETS}{test_set.pk}/{page}/"


def measure(test_set, **setting):
    return measuring.evaluate(
        test_set, Plan.of([Setting(setting)], ["ndcg@10", "mrr"]), reached=Knowledgebase.objects.all()
    )[0]


def judged():
    return {
        question.key: {one.chunk_id or one.name: one.grade for one in question.judgements.all()}
        for question in Question.objects.all()
    }


def test_a_test_set_is_added_and_renamed(console, library):
    console.post(f"{SETS}add/", {"name": "Birds", "kb": library.pk})
    made = QuestionSet.objects.get()
    console.post(of(made, "change"), {"name": "Fish"})

    made.refresh_from_db()
    assert (made.name, made.kb) == ("Fish", library)


def test_a_name_that_is_taken_is_told_on_the_form(console, test_set):
    shown = console.post(f"{SETS}add/", {"name": "animals", "kb": test_set.kb_id})

    assert "already" in text(shown)
    assert QuestionSet.objects.count() == 1


def test_the_list_has_the_last_figures(console, asked):
    assert "not evaluated yet" in text(console.get(SETS))
    measure(asked, similarity_threshold=1)
    last = measure(asked)

    page = console.get(SETS)

    assert "ndcg@10 1.000 · mrr 1.000" in text(page)
    assert "mrr 0.000" not in text(page)
    assert reverse("admin:documents_evaluation_change", args=[last.pk]) in page.content.decode()


def test_a_page_of_a_test_set_leads_on(console, asked):
    for action, where in {
        "take": of(asked, "import"),
        "ask": f"{QUESTIONS}add/?question_set={asked.pk}",
        "measure": of(asked, "evaluate"),
    }.items():
        answer = console.get(reverse(f"admin:documents_questionset_{action}", args=[asked.pk]))
        assert answer.headers["Location"] == where
        assert console.get(where).status_code == 200
    page = console.get(of(asked, "change")).content.decode()
    for where in (QUESTIONS, EVALUATIONS):
        where = f"{where}?question_set__id__exact={asked.pk}"
        assert f'href="{where}"' in page
        assert console.get(where).status_code == 200


def test_a_page_of_a_test_set_has_its_last_figures_and_what_is_gone(console, asked, documents):
    measure(asked)
    removal.remove([documents["herons.txt"].pk])

    shown = text(console.get(of(asked, "change")))

    assert "ndcg@10 1.000 · mrr 1.000" in shown
    assert "3 2 gone" in shown


def test_files_are_imported(console, asked):
    answer = console.post(of(asked, "import"), {"file": csv("id,question,document\ndigs,Who digs?,beavers\n")})

    assert answer.headers["Location"] == f"{QUESTIONS}?question_set__id__exact={asked.pk}"
    assert judged()["digs"] == {"beavers.md": 1}
    assert "1 questions added" in LogEntry.objects.get().change_message


def test_what_cannot_be_imported_is_told_by_line(console, asked):
    sent = "question,document\nWho digs?,moles\nWho flies?,<b>bats\n"

    shown = console.post(of(asked, "import"), {"file": csv(sent)})

    assert "Line 2 of t.csv: the dataset has no document &#x27;moles&#x27;." in text(shown)
    assert "&lt;b&gt;bats" in shown.content.decode()
    assert Question.objects.count() == 3


def test_what_is_missing_can_be_left_out(console, asked):
    console.post(
        of(asked, "import"),
        {"file": csv("id,question,document\na,A?,moles\nb,B?,otters\n"), "skip_missing": "on"},
    )

    assert judged()["b"] == {"otters.txt": 1}
    assert "a" not in judged()


def test_no_file_and_a_large_one_are_told(console, asked, settings):
    assert "This field is required" in text(console.post(of(asked, "import"), {}))
    settings.RAG_BODY_BYTES = 10
    assert "import it in parts" in text(console.post(of(asked, "import"), {"file": csv("x" * 100)}))


def test_an_import_needs_the_token_of_the_form(operator, asked):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    sent = "id,question,document\na,A?,otters\n"

    assert browser.post(of(asked, "import"), {"file": csv(sent)}).status_code == 403
    browser.get(of(asked, "import"))
    token = browser.cookies["csrftoken"].value
    assert browser.post(of(asked, "import"), {"file": csv(sent), "csrfmiddlewaretoken": token}).status_code == 302


def test_a_question_is_added_by_form(console, asked, documents, chunk):
    lines = f"otters\n{documents['herons.txt'].pk}; 3\n\nbeavers.md;0\n"
    form = {"question_set": asked.pk, "text": "Who swims?", "relevant": lines, "key": "swims"}

    console.post(f"{QUESTIONS}add/", form)
    console.post(
        f"{QUESTIONS}add/", {**form, "text": "Who sleeps?", "relevant": f"chunk {chunk('Otters hold').pk}", "key": ""}
    )

    assert judged()["swims"] == {"otters.txt": 1, "herons.txt": 3, "beavers.md": 0}
    assert judged()[Question.objects.get(text="Who sleeps?").key] == {chunk("Otters hold").pk: 1}


def test_a_question_is_changed_and_stays_what_it_is(console, asked):
    question = Question.objects.get(key="dams")
    page = f"{QUESTIONS}{question.pk}/change/"
    assert console.get(page).context["adminform"].form.initial["relevant"] == "beavers.md\nherons.txt; 0"

    console.post(page, {"text": "Who fells trees?", "relevant": "beavers.md; 2"})

    question.refresh_from_db()
    assert (question.key, question.text) == ("dams", "Who fells trees?")
    assert judged()["dams"] == {"beavers.md": 2}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("moles", "Line 1: the dataset has no document"),
        ("otters\notters.txt", "Line 2: &#x27;otters.txt&#x27; is judged twice"),
        ("otters; 101", "Line 1: the grade &#x27;101&#x27;"),
        ("otters; many", "no document &#x27;otters; many&#x27;"),
        ("chunk 0123456789abcdef", "Line 1: the dataset has no chunk"),
        ("", "This field is required"),
    ],
)
def test_a_question_that_cannot_be_kept_is_told_on_the_form(console, asked, lines, said):
    shown = console.post(f"{QUESTIONS}add/", {"question_set": asked.pk, "text": "Q?", "relevant": lines, "key": ""})

    assert said in text(shown)
    assert Question.objects.count() == 3


def test_the_list_of_questions_tells_what_is_gone(console, asked, documents):
    removal.remove([documents["herons.txt"].pk])

    page = text(console.get(f"{QUESTIONS}?question_set__id__exact={asked.pk}"))

    assert "1 gone" in page
    assert "beavers.md" in page


def test_evaluating_leads_to_the_figures(console, asked):
    answer = console.post(of(asked, "evaluate"), {"top_k": "64", "vector_similarity_weight": "0.5", "sample": "2"})

    made = Evaluation.objects.get()
    assert answer.headers["Location"] == f"{EVALUATIONS}{made.pk}/change/"
    assert (made.setting, made.questions) == ({"vector_similarity_weight": 0.5, "top_k": 64}, 2)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"top_k": "0"}, "`top_k` should be a whole number"),
        ({"vector_similarity_weight": "x"}, "Enter a number"),
        ({"rerank_id": "judge"}, "no rerank model &#x27;judge&#x27;"),
        ({"sample": "-1"}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_evaluated_is_told_on_the_form(console, asked, form, said):
    assert said in text(console.post(of(asked, "evaluate"), form))
    assert not Evaluation.objects.exists()


def test_more_searches_than_a_request_makes_are_told(console, asked, settings):
    settings.RAG_EVALUATION_SEARCHES = 2

    assert "one request may make 2" in text(console.post(of(asked, "evaluate"), {"sample": ""}))


def test_a_page_of_an_evaluation_has_the_worst_questions_first(console, asked, take):
    measure(asked)
    take({"t.csv": "id,question,document\ndams,Who builds <b>dams?,herons.txt\n"})
    made = measure(asked)

    page = console.get(f"{EVALUATIONS}{made.pk}/change/")

    shown = text(page)
    assert shown.index("Who builds &lt;b&gt;dams?") < shown.index("How do otters sleep?")
    assert "<b>dams" not in page.content.decode()
    assert "2 questions of both" in shown
    assert "beavers.md" in shown  # what was found instead
    assert "It is the first." in text(console.get(f"{EVALUATIONS}{Evaluation.objects.last().pk}/change/"))


def test_the_list_of_evaluations_has_figures_and_settings(console, asked):
    measure(asked, similarity_threshold=1)

    page = text(console.get(EVALUATIONS))

    assert "similarity_threshold=1" in page
    assert "ndcg@10 0.000 · mrr 0.000" in page


def test_test_sets_and_evaluations_are_deleted(console, asked):
    made = measure(asked)

    console.post(f"{EVALUATIONS}{made.pk}/delete/", {"post": "yes"})
    assert not Evaluation.objects.exists()
    console.post(of(asked, "delete"), {"post": "yes"})
    assert not QuestionSet.objects.exists()
    assert not Judgement.objects.exists()


def test_what_is_of_a_deleted_dataset_is_not_shown(console, asked):
    made = measure(asked)
    Knowledgebase.objects.update(deleted_at=asked.created_at)

    assert "Animals" not in text(console.get(SETS))
    assert console.get(of(asked, "import")).status_code == 404
    assert console.post(of(asked, "evaluate"), {}).status_code == 404
    assert console.get(f"{EVALUATIONS}{made.pk}/change/").status_code == 302


def test_who_may_only_look_changes_nothing(console_with, asked):
    made = measure(asked)
    looker = console_with("documents.view_questionset", "documents.view_question", "documents.view_evaluation")

    assert "Animals" in text(looker.get(SETS))
    assert looker.get(f"{EVALUATIONS}{made.pk}/change/").status_code == 200
    for page in (of(asked, "import"), of(asked, "evaluate"), f"{QUESTIONS}add/", f"{SETS}add/"):
        assert looker.get(page).status_code == 403
        assert looker.post(page, {}).status_code == 403
    assert looker.post(f"{EVALUATIONS}{made.pk}/delete/", {"post": "yes"}).status_code == 403


def test_strangers_are_sent_to_the_login(asked):
    for page in (SETS, of(asked, "import"), of(asked, "evaluate")):
        assert Client().get(page).headers["Location"].startswith("/admin/login/")


def test_lists_cost_few_statements(console, library, asked, django_assert_max_num_queries):
    for number in range(15):
        QuestionSet.objects.create(kb=library, name=f"set {number}")

    with django_assert_max_num_queries(16):
        console.get(SETS)
    with django_assert_max_num_queries(14):
        console.get(QUESTIONS)
