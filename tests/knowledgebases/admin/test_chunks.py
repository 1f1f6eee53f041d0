import pytest
from django.urls import reverse

from knowledgebases.models import Chunk, chunk_id
from tests.factories import DocumentFactory, KnowledgebaseFactory

LIST = "/admin/knowledgebases/chunk/"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def document(owner):
    return DocumentFactory(kb=KnowledgebaseFactory(owner=owner), name=f"{EVIL}.txt")


@pytest.fixture
def add(document):
    def add(content, **fields):
        key = chunk_id(document.pk, content)
        return Chunk.objects.create(pk=key, document=document, kb=document.kb, content=content, tokens=3, **fields)

    return add


def test_a_chunk_is_read_with_all_that_people_gave_it(console, add):
    chunk = add("Otters\nswim.", important_keywords=["otter"], questions=["Who swims?"], headings=["Animals"], page=7)

    page = console.get(reverse("admin:knowledgebases_chunk_change", args=[chunk.pk])).content.decode()

    assert all(text in page for text in ("Otters\nswim.", "otter", "Who swims?", "Animals"))


def test_text_and_names_are_text_whatever_they_hold(console, add):
    chunk = add(EVIL, important_keywords=[EVIL], questions=[EVIL], headings=[EVIL])

    for url in (LIST, reverse("admin:knowledgebases_chunk_change", args=[chunk.pk])):
        page = console.get(url).content.decode()
        assert EVIL not in page
        assert "&lt;script&gt;alert(1)" in page


def test_nothing_can_be_changed(console, add):
    chunk = add("Otters swim.")
    page = reverse("admin:knowledgebases_chunk_change", args=[chunk.pk])

    assert console.post(page, {"content": "changed"}).status_code == 403
    assert console.get(f"{LIST}add/").status_code == 403
    assert console.post(reverse("admin:knowledgebases_chunk_delete", args=[chunk.pk])).status_code == 403


def test_chunks_of_a_document_stand_in_reading_order(console, add, document):
    late, early = add("late", page=2), add("early", page=1)

    shown = console.get(LIST, {"document__id__exact": document.pk}).context["cl"].result_list

    assert list(shown) == [early, late]


def test_words_are_searched_in_the_text(console, add):
    add("Otters swim.")
    found = add("Beavers build.")

    assert list(console.get(LIST, {"q": "beavers"}).context["cl"].result_list) == [found]


def test_edited_chunks_whose_passage_is_gone_are_found_and_marked(console, add):
    add("Otters swim.", by_hand=True)
    lost = add("Beavers build.", by_hand=True, source_gone=True)

    page = console.get(LIST, {"source_gone__exact": 1})
    detail = console.get(reverse("admin:knowledgebases_chunk_change", args=[lost.pk])).content.decode()

    assert list(page.context["cl"].result_list) == [lost]
    assert "Source gone" in page.content.decode()
    assert "not in its document any more" in detail


def test_the_list_costs_the_same_for_many_chunks(console, add, django_assert_max_num_queries):
    for number in range(60):
        add(f"Otter {number} swims.")

    with django_assert_max_num_queries(8):
        page = console.get(LIST).content.decode()

    assert page.count('name="_selected_action"') <= 50
