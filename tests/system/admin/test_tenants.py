import pytest

from system.models import DEFAULT_EMBEDDING_MODEL, Membership, ModelEndpoint, Role
from tests.factories import KnowledgebaseFactory, UserFactory


def page(tenant):
    return f"/admin/system/tenant/{tenant.pk}/change/"


def form(tenant, *added, **changed):
    """What the page of a tenant sends: its members as they are, with `changed` fields and `added` members."""
    members = list(tenant.memberships.all())
    fields = {"name": tenant.name, "embd_id": tenant.embd_id}
    rows = [{"id": row.pk, "user": row.user_id, "role": row.role} for row in members]
    for number, row in enumerate([*rows, *added]):
        fields |= {f"memberships-{number}-{key}": value for key, value in row.items()}
        fields[f"memberships-{number}-tenant"] = tenant.pk
    fields |= {"memberships-TOTAL_FORMS": len(rows) + len(added), "memberships-INITIAL_FORMS": len(rows)}
    return {**fields, **changed}


def test_a_member_is_added_with_who_invited_them(console, operator, owner, stranger):
    console.post(page(owner.tenant), form(owner.tenant, {"user": stranger.pk, "role": Role.NORMAL}))

    member = Membership.objects.get(tenant=owner.tenant, user=stranger)
    assert (member.role, member.invited_by) == (Role.NORMAL, operator)


@pytest.mark.parametrize(
    "changed", [{"memberships-0-role": Role.NORMAL}, {"memberships-0-DELETE": "on"}], ids=["degraded", "removed"]
)
def test_the_owner_stays_the_owner(console, owner, changed):
    shown = console.post(page(owner.tenant), form(owner.tenant, **changed))

    assert "stays its owner" in shown.content.decode()
    assert owner.memberships.get(tenant=owner.tenant).role == Role.OWNER


def test_there_is_one_owner(console, owner, stranger):
    shown = console.post(page(owner.tenant), form(owner.tenant, {"user": stranger.pk, "role": Role.OWNER}))

    assert "every tenant has one owner" in shown.content.decode()
    assert not Membership.objects.filter(tenant=owner.tenant, user=stranger).exists()


def test_the_model_is_one_that_is_set_up(console, owner, stranger):
    ModelEndpoint.objects.create(tenant=owner.tenant, provider="Acme", name="e1", base_url="https://acme.example/v1")
    ModelEndpoint.objects.create(tenant=stranger.tenant, provider="Other", name="e2", base_url="https://o.example/v1")

    console.post(page(owner.tenant), form(owner.tenant, embd_id="e2@Other"))
    owner.tenant.refresh_from_db()
    assert owner.tenant.embd_id == DEFAULT_EMBEDDING_MODEL

    console.post(page(owner.tenant), form(owner.tenant, embd_id="e1@Acme"))
    owner.tenant.refresh_from_db()
    assert owner.tenant.embd_id == "e1@Acme"


def test_tenants_are_neither_added_nor_deleted_by_hand(console, owner):
    assert console.get("/admin/system/tenant/add/").status_code == 403
    assert console.post(f"/admin/system/tenant/{owner.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_list_counts_members_and_datasets_at_a_constant_cost(console, owner, django_assert_max_num_queries):
    for _ in range(50):
        UserFactory()

    with django_assert_max_num_queries(8):
        assert console.get("/admin/system/tenant/").status_code == 200


def test_a_page_of_many_members_costs_a_constant_number_of_queries(console, owner, django_assert_max_num_queries):
    for _ in range(30):
        Membership.objects.create(tenant=owner.tenant, user=UserFactory())

    with django_assert_max_num_queries(60):
        assert console.get(page(owner.tenant)).status_code == 200


def test_use_and_limits_are_shown(console, owner, settings):
    KnowledgebaseFactory(owner=owner, doc_num=1200, byte_num=4096, queued_num=30, queued_bytes=1024)
    settings.RAG_QUOTAS = settings.RAG_QUOTAS | {"documents": 2400, "queued_bytes": 0}
    owner.tenant.quota_queued_documents = 40
    owner.tenant.save()

    shown = console.get(page(owner.tenant)).content.decode()

    for told in ("1,200 of 2,400 (50 %)", "30 of 40 (75 %)", "1,024, any number"):
        assert told in shown


def test_an_operator_sets_quotas_and_takes_them_back(console, owner):
    console.post(page(owner.tenant), form(owner.tenant, quota_documents="10", quota_bytes="0"))
    owner.tenant.refresh_from_db()
    assert (owner.tenant.quota_documents, owner.tenant.quotas.bytes) == (10, 0)

    console.post(page(owner.tenant), form(owner.tenant, quota_documents=""))
    owner.tenant.refresh_from_db()
    assert owner.tenant.quota_documents is None


def test_a_quota_is_no_negative_number(console, owner):
    shown = console.post(page(owner.tenant), form(owner.tenant, quota_documents="-1"))

    assert "greater than or equal to 0" in shown.content.decode()
    owner.tenant.refresh_from_db()
    assert owner.tenant.quota_documents is None


def test_staff_who_may_only_look_cannot_set_quotas(console_with, owner):
    looking = console_with("system.view_tenant")

    assert looking.get(page(owner.tenant)).status_code == 200
    assert looking.post(page(owner.tenant), form(owner.tenant, quota_documents="10")).status_code == 403
