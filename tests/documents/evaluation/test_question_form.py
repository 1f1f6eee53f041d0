import pytest
from django.urls import reverse

from documents.models import Document, Judgement, Question

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["chunk 1.txt", "left; 2"])
def test_a_question_with_an_awkward_file_is_kept_as_its_form_has_it(console, asked, upload, name):
    Document.objects.filter(pk=upload("a.txt", "text").pk).update(name=name)
    form = {"question_set": asked.pk, "text": "Which?", "relevant": f"{name}; 1", "key": "which"}
    console.post(reverse("admin:documents_question_add"), form)
    page = reverse("admin:documents_question_change", args=[Question.objects.get(key="which").pk])

    console.post(page, {"text": "Which?", "relevant": console.get(page).context["adminform"].form.initial["relevant"]})

    assert list(Judgement.objects.filter(question__key="which").values_list("name", "grade")) == [(name, 1)]
