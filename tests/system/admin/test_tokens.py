import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from system.models import APIToken
from tests.factories import APITokenFactory

LIST = "/admin/system/apitoken/"
VALUE = re.compile(r"ragflow-[\w-]{43}")


def issue(console, tenant, **fields):
    end = timezone.now() + timedelta(days=9)
    given = {"name": "ci", "tenant": tenant.pk, "scopes": ["read"], "expires_at_0": f"{end:%Y-%m-%d}"}
    return console.post(f"{LIST}add/", {**given, "expires_at_1": "12:00:00", **fields}, follow=True)


def rotate(console, token, *, hours):
    return console.post(
        reverse("admin:system_apitoken_rotate_this", args=[token.pk]), {"_form_submitted": "on", "hours": hours}
    )


def run(console, action, tokens, **fields):
    """Run an action of the list."""
    chosen = {"action": action, "_selected_action": [token.pk for token in tokens]}
    return console.post(LIST, {**chosen, **fields}, follow=True).content.decode()


def test_the_value_is_shown_once_after_issue(console, owner):
    shown = issue(console, owner.tenant)

    token = APIToken.objects.get(name="ci")
    value = VALUE.search(shown.content.decode())[0]
    assert APIToken.objects.matching(value).get() == token
    assert token.scopes == ["read"]
    assert shown.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    again = console.get(shown.redirect_chain[-1][0])
    assert not VALUE.search(again.content.decode())


def test_the_value_stands_on_no_other_page_and_in_no_session(console, owner):
    console.post(f"{LIST}add/", {"name": "ci", "tenant": owner.tenant.pk, "scopes": ["read"]})
    token = APIToken.objects.get(name="ci")

    pages = [
        console.get(url).content.decode() for url in (LIST, reverse("admin:system_apitoken_change", args=[token.pk]))
    ]

    assert not any(VALUE.search(page) for page in pages)
    assert all(token.hint in page for page in pages)
    assert not any(token.value in str(session.get_decoded()) for session in Session.objects.all())


def test_somebody_else_is_not_shown_the_value(console, console_with, owner):
    console.post(f"{LIST}add/", {"name": "ci", "tenant": owner.tenant.pk, "scopes": ["read"]})
    token = APIToken.objects.get(name="ci")

    page = console_with("system.view_apitoken").get(reverse("admin:system_apitoken_value", args=[token.pk]))

    assert page.status_code == 200
    assert token.value not in page.content.decode()


def test_an_end_that_is_past_is_refused(console, owner):
    shown = issue(console, owner.tenant, expires_at_0="2020-01-01")

    assert "That moment is past" in shown.content.decode()
    assert not APIToken.objects.filter(name="ci").exists()


def test_revoking_many_shuts_them_at_once(console, owner):
    tokens = [APITokenFactory(tenant=owner.tenant) for _ in range(3)]

    run(console, "revoke", tokens)

    assert not APIToken.objects.active().filter(tenant=owner.tenant).exists()


def test_many_can_be_ended_now(console, owner):
    tokens = [APITokenFactory(tenant=owner.tenant) for _ in range(2)]

    page = run(console, "end_now", tokens)

    assert "2 API tokens got a new end." in page
    assert {token.state for token in APIToken.objects.filter(tenant=owner.tenant)} == {"expired"}


def test_many_can_be_given_a_last_day(console, owner):
    day = timezone.now().date() + timedelta(days=30)
    tokens = [APITokenFactory(tenant=owner.tenant) for _ in range(2)]

    run(console, "end_on", tokens, day=f"{day:%Y-%m-%d}")

    ends = {token.expires_at for token in APIToken.objects.filter(tenant=owner.tenant)}
    assert [f"{end:%Y-%m-%d %H:%M}" for end in ends] == [f"{day + timedelta(days=1):%Y-%m-%d} 00:00"]


@pytest.mark.parametrize("day", ["", "soon", "2020-01-01", "9999-12-31"], ids=["none", "no day", "past", "too far"])
def test_a_last_day_that_will_not_do_changes_nothing(console, owner, day):
    token = APITokenFactory(tenant=owner.tenant)

    page = run(console, "end_on", [token], day=day)

    assert "Choose the last day" in page or "Enter a valid date" in page
    assert APIToken.objects.get(pk=token.pk).expires_at is None


def test_a_new_end_opens_no_revoked_token(console, owner):
    token = APITokenFactory(tenant=owner.tenant)
    token.revoke()

    page = run(console, "end_on", [token], day="2999-01-01")

    assert "revoked tokens have ended" in page
    assert APIToken.objects.get(pk=token.pk).state == "revoked"


def test_rotating_shows_the_new_value_and_keeps_the_old_for_a_while(console, owner):
    token = APITokenFactory(tenant=owner.tenant, name="ci")
    old = token.value

    answer = rotate(console, token, hours=24)

    new = VALUE.search(console.get(answer.headers["HX-Redirect"]).content.decode())[0]
    assert new != old
    assert {APIToken.objects.matching(value).get() for value in (old, new)} == {token}


@pytest.mark.parametrize(("hours", "left"), [(0, 0), (1, 1), (168, 168)])
def test_how_long_the_old_value_works_is_a_choice(console, owner, hours, left):
    token = APITokenFactory(tenant=owner.tenant)

    rotate(console, token, hours=hours)

    token.refresh_from_db()
    assert round((token.previous_until - timezone.now()) / timedelta(hours=1)) == left


def test_an_overlap_that_is_not_offered_rotates_nothing(console, owner):
    token = APITokenFactory(tenant=owner.tenant)

    shown = rotate(console, token, hours=10_000)

    assert "Select a valid choice" in shown.content.decode()
    assert APIToken.objects.get(pk=token.pk).digest == token.digest


def test_opening_the_question_whether_to_rotate_rotates_nothing(console, owner):
    token = APITokenFactory(tenant=owner.tenant)

    shown = console.get(reverse("admin:system_apitoken_rotate_this", args=[token.pk]))

    assert "Draw a new value?" in shown.content.decode()
    assert APIToken.objects.get(pk=token.pk).digest == token.digest


def test_a_revoked_token_cannot_be_rotated_to_life(console, owner):
    token = APITokenFactory(tenant=owner.tenant)
    token.revoke()

    rotate(console, token, hours=24)

    assert APIToken.objects.get(pk=token.pk).digest == token.digest


@pytest.mark.parametrize("action", ["rotate_this", "revoke_this"])
def test_who_may_only_look_can_do_nothing(console_with, owner, action):
    token = APITokenFactory(tenant=owner.tenant)
    viewer = console_with("system.view_apitoken")

    refused = viewer.post(reverse(f"admin:system_apitoken_{action}", args=[token.pk]), {"_form_submitted": "on"})
    viewer.post(LIST, {"action": "revoke", "_selected_action": [token.pk]})

    assert refused.status_code == 403
    assert viewer.post(f"{LIST}add/", {"tenant": owner.tenant.pk}).status_code == 403
    assert APIToken.objects.active().get(pk=token.pk).digest == token.digest


def test_a_token_cannot_be_deleted_nor_moved_to_another_tenant(console, owner, stranger):
    token = APITokenFactory(tenant=owner.tenant)
    page = reverse("admin:system_apitoken_change", args=[token.pk])

    console.post(page, {"name": "renamed", "scopes": ["read"], "tenant": stranger.tenant.pk, "limited": ""})

    token.refresh_from_db()
    assert (token.name, token.scopes, token.tenant_id) == ("renamed", ["read"], owner.tenant.pk)
    assert console.post(reverse("admin:system_apitoken_delete", args=[token.pk]), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("state", ["active", "soon", "unused", "expired", "revoked"])
def test_the_filter_finds_the_tokens_of_a_state(console, owner, state):
    now = timezone.now()
    made = {
        "active": APITokenFactory(tenant=owner.tenant, name="active"),
        "soon": APITokenFactory(tenant=owner.tenant, name="soon", expires_at=now + timedelta(days=3)),
        "unused": APITokenFactory(tenant=owner.tenant, name="unused"),
        "expired": APITokenFactory(tenant=owner.tenant, name="expired", expires_at=now - timedelta(days=1)),
        "revoked": APITokenFactory(tenant=owner.tenant, name="revoked"),
    }
    made["revoked"].revoke()
    APIToken.objects.filter(pk=made["unused"].pk).update(created_at=now - timedelta(days=60))

    found = {token.name for token in console.get(LIST, {"state": state}).context["cl"].queryset}

    assert found == ({"active", "soon", "unused"} if state == "active" else {state})


def test_the_list_costs_the_same_for_many_tokens(console, owner, django_assert_max_num_queries):
    for _ in range(50):
        APITokenFactory(tenant=owner.tenant)

    with django_assert_max_num_queries(8):
        assert console.get(LIST).status_code == 200
