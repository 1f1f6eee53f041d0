import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from system.models import APIToken, User
from tests.factories import PASSWORD, APITokenFactory, UserFactory

LIST = "/admin/system/user/"


def change(user):
    return reverse("admin:system_user_change", args=[user.pk])


def log_in(email, password):
    browser = Client()
    browser.post("/admin/login/", {"username": email, "password": password, "next": "/admin/"})
    return browser.get("/admin/system/").status_code == 200


def test_an_operator_logs_in_by_e_mail_in_any_case(db):
    user = UserFactory(operator=True, email="Ada@Example.org")

    assert log_in("aDA@example.ORG", PASSWORD)
    assert not log_in("ada@example.org", "wrong")
    assert not log_in(user.nickname, PASSWORD)


def test_people_without_the_right_do_not_get_in(owner):
    assert not log_in(owner.email, PASSWORD)


def test_an_added_user_has_a_tenant_of_their_own(console):
    console.post(f"{LIST}add/", {"email": "new@example.org", "nickname": "New", "password": PASSWORD})

    user = User.objects.get(email="new@example.org")
    assert user.tenant.pk == user.pk
    assert user.memberships.get().role == "owner"
    assert user.check_password(PASSWORD)
    assert not user.is_staff


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"password": "short"}, "too short"),
        ({"email": "OWNER@example.org"}, "taken"),
        ({"email": "none"}, "valid email"),
    ],
    ids=["short password", "taken address", "no address"],
)
def test_what_will_not_do_is_said_on_the_form(console, given, said):
    UserFactory(email="owner@example.org")
    form = {"email": "new@example.org", "nickname": "New", "password": PASSWORD, **given}

    shown = console.post(f"{LIST}add/", form)

    assert shown.status_code == 200
    assert said in shown.content.decode()
    assert 'value="New"' in shown.content.decode()
    assert not User.objects.filter(nickname="New").exists()


def test_disabling_shuts_tokens_out_and_enabling_lets_them_in(console, owner):
    token = APITokenFactory(tenant=owner.tenant)

    console.post(LIST, {"action": "disable", "_selected_action": [owner.pk]})
    assert not APIToken.objects.matching(token.value).exists()

    console.post(LIST, {"action": "enable", "_selected_action": [owner.pk]})
    assert APIToken.objects.matching(token.value).exists()


@pytest.mark.parametrize("by_form", [True, False], ids=["form", "action"])
def test_a_session_does_not_outlive_disabling(console, owner, web, by_form):
    kept = {"email": owner.email, "nickname": owner.nickname, "language": "English", "timezone": "UTC"}
    if by_form:
        console.post(change(owner), kept)
    else:
        console.post(LIST, {"action": "disable", "_selected_action": [owner.pk]})
    disabled = not User.objects.get(pk=owner.pk).is_active

    console.post(LIST, {"action": "enable", "_selected_action": [owner.pk]})

    assert disabled
    assert User.objects.get(pk=owner.pk).is_active
    assert web.get("/v1/system/version").status_code == 401


def test_nobody_disables_themselves(console, operator):
    console.post(LIST, {"action": "disable", "_selected_action": [operator.pk]})

    operator.refresh_from_db()
    assert operator.is_active


def test_only_superusers_give_power(console_with, owner):
    group = Group.objects.create(name="all")
    clerk = console_with("system.view_user", "system.change_user", "system.add_user")
    power = {"is_staff": "on", "is_superuser": "on", "groups": [group.pk]}
    kept = {"email": owner.email, "nickname": "renamed", "language": "English", "timezone": "UTC", "is_active": "on"}

    clerk.post(change(owner), {**kept, **power})
    clerk.post(f"{LIST}add/", {"email": "new@example.org", "nickname": "New", "password": PASSWORD, **power})

    owner.refresh_from_db()
    assert owner.nickname == "renamed"
    assert not owner.groups.exists()
    assert not User.objects.filter(pk__in=[owner.pk]).filter(is_staff=True).exists()
    assert not User.objects.get(email="new@example.org").is_superuser


def test_superusers_are_changed_by_superusers_only(console_with, operator):
    clerk = console_with("system.view_user", "system.change_user")
    secret = {"password1": "an other password", "password2": "an other password"}

    clerk.post(LIST, {"action": "disable", "_selected_action": [operator.pk]})

    assert clerk.post(change(operator), {"email": "x@example.org"}).status_code == 403
    assert clerk.post(f"/admin/system/user/{operator.pk}/password/", secret).status_code == 403
    operator.refresh_from_db()
    assert operator.is_active
    assert operator.check_password(PASSWORD)


def test_a_password_is_changed_on_its_page(console, owner, web):
    secret = {"password1": "an other password", "password2": "an other password", "usable_password": "true"}

    console.post(f"/admin/system/user/{owner.pk}/password/", secret)

    owner.refresh_from_db()
    assert owner.check_password("an other password")
    assert web.get("/v1/system/version").status_code == 401


def test_users_cannot_be_deleted(console, owner):
    assert console.post(f"/admin/system/user/{owner.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_page_shows_no_secret_of_its_user(console, owner):
    page = console.get(change(owner)).content.decode()

    assert owner.access_token not in page
    assert owner.password not in page


def test_the_list_costs_the_same_for_many_users(console, django_assert_max_num_queries):
    for _ in range(50):
        UserFactory()

    with django_assert_max_num_queries(8):
        assert console.get(LIST).status_code == 200
