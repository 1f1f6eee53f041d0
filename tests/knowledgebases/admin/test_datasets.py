import pytest
from django.urls import reverse

from knowledgebases import parser_config
from knowledgebases.models import Knowledgebase
from system.models import DEFAULT_EMBEDDING_MODEL
from tests.factories import KnowledgebaseFactory

LIST = "/admin/knowledgebases/knowledgebase/"


@pytest.fixture
def kb(owner):
    return KnowledgebaseFactory(owner=owner, name="Handbook")


def page(kb):
    return reverse("admin:knowledgebases_knowledgebase_change", args=[kb.pk])


def form(**given):
    """What the page of a new dataset sends; that of a known one sends a pagerank too."""
    defaults = {"permission": "me", "parser_id": "naive", "chunk_token_num": 512, "delimiter": r"\n"}
    return {**defaults, "name": "Handbook", "description": "", "embd_id": "", **given}


def test_a_dataset_is_made_for_the_owner_of_its_tenant(console, owner):
    console.post(f"{LIST}add/", form(tenant=owner.tenant.pk, chunk_token_num=128, delimiter="。"))

    kb = Knowledgebase.objects.get()
    assert (kb.tenant, kb.created_by, kb.embd_id) == (owner.tenant, owner, DEFAULT_EMBEDDING_MODEL)
    assert kb.parser_config == {**parser_config.default("naive"), "chunk_token_num": 128, "delimiter": "。"}
    assert Knowledgebase.objects.visible_to(owner).get() == kb


def test_a_taken_name_gets_a_number(console, owner, kb):
    console.post(f"{LIST}add/", form(tenant=owner.tenant.pk, name="handbook"))

    assert Knowledgebase.objects.exclude(pk=kb.pk).get().name == "handbook(1)"


def test_only_what_was_changed_is_written(console, kb):
    before = kb.parser_config

    console.post(page(kb), form(description="About us.", permission="team", pagerank=7, embd_id=kb.embd_id))

    kb.refresh_from_db()
    assert (kb.name, kb.description, kb.permission, kb.pagerank) == ("Handbook", "About us.", "team", 7)
    assert kb.parser_config == before


def test_what_the_deed_refuses_is_shown_beside_what_was_typed(console, owner, kb):
    other = KnowledgebaseFactory(owner=owner, name="Other")

    shown = console.post(
        page(other), form(pagerank=0, name="HANDBOOK", description="typed", embd_id=other.embd_id)
    ).content.decode()

    other.refresh_from_db()
    assert "already exists" in shown
    assert "typed" in shown
    assert (other.name, other.description or "") == ("Other", "")


@pytest.mark.parametrize(
    "given",
    [{"chunk_token_num": 0}, {"chunk_token_num": 2049}, {"pagerank": 101}, {"name": ""}, {"name": "ä" * 65}],
    ids=["no tokens", "too many tokens", "too much rank", "no name", "too many bytes"],
)
def test_what_is_out_of_bounds_is_not_written(console, kb, given):
    before = Knowledgebase.objects.values().get()

    shown = console.post(page(kb), form(**{"pagerank": 0, "embd_id": kb.embd_id, **given}))

    assert shown.status_code == 200
    assert shown.context["errors"]
    assert Knowledgebase.objects.values().get() == before


def test_the_model_is_fixed_once_there_are_chunks(console, kb):
    Knowledgebase.objects.filter(pk=kb.pk).update(chunk_num=3)

    field = console.get(page(kb)).context["adminform"].form.fields["embd_id"]

    assert field.disabled


def test_counters_and_tenant_cannot_be_edited(console, kb, stranger):
    console.post(page(kb), form(pagerank=0, embd_id=kb.embd_id, doc_num=9, chunk_num=9, tenant=stranger.tenant.pk))

    kb.refresh_from_db()
    assert (kb.doc_num, kb.chunk_num, kb.tenant_id == stranger.tenant.pk) == (0, 0, False)


@pytest.mark.parametrize("way", ["page", "list"])
def test_deleting_leaves_a_tombstone_for_the_sweeper(console, kb, way):
    if way == "page":
        console.post(reverse("admin:knowledgebases_knowledgebase_delete", args=[kb.pk]), {"post": "yes"})
    else:
        console.post(LIST, {"action": "delete_selected", "_selected_action": [kb.pk], "post": "yes"})

    kb.refresh_from_db()
    assert kb.deleted_at is not None
    assert not console.get(LIST).context["cl"].result_count


def test_who_may_only_look_changes_and_deletes_nothing(console_with, kb):
    viewer = console_with("knowledgebases.view_knowledgebase")
    selected = {"action": "delete_selected", "_selected_action": [kb.pk], "post": "yes"}

    viewer.post(LIST, selected)

    assert viewer.get(page(kb)).status_code == 200
    assert viewer.post(page(kb), form(name="x")).status_code == 403
    assert viewer.post(reverse("admin:knowledgebases_knowledgebase_delete", args=[kb.pk])).status_code == 403
    kb.refresh_from_db()
    assert (kb.name, kb.deleted_at) == ("Handbook", None)


def test_an_empty_list_says_what_to_do(console):
    assert "A dataset holds documents that are searched together." in console.get(LIST).content.decode()


def test_the_list_costs_the_same_for_many_datasets(console, owner, django_assert_max_num_queries):
    for _ in range(50):
        KnowledgebaseFactory(owner=owner)

    with django_assert_max_num_queries(8):
        assert console.get(LIST).status_code == 200
