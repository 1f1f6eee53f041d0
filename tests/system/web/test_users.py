import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from system.models import User
from system.rest.authentication import session_user
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

REGISTER, LOGIN = "/v1/user/register", "/v1/user/login"
ANN = {"nickname": "Ann", "email": "ann@example.org", "password": PASSWORD}
ROW = {
    "id",
    "access_token",
    "nickname",
    "email",
    "avatar",
    "language",
    "color_schema",
    "timezone",
    "last_login_time",
    "is_authenticated",
    "is_active",
    "is_anonymous",
    "login_channel",
    "status",
    "is_superuser",
    "create_time",
    "create_date",
    "update_time",
    "update_date",
}


@pytest.fixture(autouse=True)
def no_failures():
    cache.clear()


@pytest.fixture
def post(anonymous):
    def post(url, body):
        return anonymous.post(url, body, format="json")

    return post


def test_registering_makes_an_account_and_logs_in(post):
    response = post(REGISTER, ANN)

    body = response.json()
    assert (response.status_code, body["code"], body["message"]) == (200, 0, "Ann, welcome aboard!")
    assert set(body["data"]) == ROW
    assert (body["data"]["email"], body["data"]["status"], body["data"]["is_active"]) == (ANN["email"], "1", "1")
    assert "pbkdf2" not in response.content.decode()
    assert session_user(response["Authorization"]) == User.objects.get()


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({}, "nickname,email,password"),
        ({"nickname": "Ann"}, "email,password"),
        ({"nickname": "Ann", "email": None}, "password"),
    ],
)
def test_missing_keys_are_named(post, body, missing):
    response = post(REGISTER, body)

    assert response.json() == {"code": 101, "message": f"required argument are missing: {missing}; ", "data": None}
    assert response.status_code == 400


@pytest.mark.parametrize("raw", ["", "not json", "[1]", '"text"'])
def test_a_body_that_is_no_object_has_no_keys(anonymous, raw):
    response = anonymous.generic("POST", REGISTER, raw, content_type="application/json")

    assert response.json()["message"] == "required argument are missing: nickname,email,password; "


def test_form_fields_will_do_where_there_is_no_json(anonymous):
    assert anonymous.post(REGISTER, ANN, format="multipart").json()["code"] == 0


@pytest.mark.parametrize(
    ("wrong", "code", "status", "message"),
    [
        ({"email": "ann"}, 103, 400, "Invalid email address: ann!"),
        ({"email": "OWNER@example.org"}, 103, 409, "Email: OWNER@example.org has already registered!"),
        ({"nickname": 1}, 101, 400, "`nickname` should be a string"),
        ({"password": ["x"]}, 101, 400, "`password` should be a string"),
    ],
    ids=["address", "taken", "nickname", "password"],
)
def test_what_will_not_do_is_refused(post, owner, wrong, code, status, message):
    owner.email = "owner@example.org"
    owner.save()

    response = post(REGISTER, ANN | wrong)

    assert response.json() == {"code": code, "message": message, "data": None}
    assert response.status_code == status
    assert User.objects.count() == 1


def test_a_site_can_close_its_registration(post, settings):
    settings.RAG_REGISTRATION = False

    response = post(REGISTER, ANN)

    assert response.json() == {"code": 103, "message": "User registration is disabled!", "data": None}
    assert not User.objects.exists()


def test_a_login_opens_a_session_and_ends_the_one_before(post, owner, web):
    response = post(LOGIN, {"email": owner.email.upper(), "password": PASSWORD})

    body = response.json()
    assert (body["code"], body["message"], body["data"]["id"]) == (0, "Welcome back!", owner.pk)
    assert body["data"]["last_login_time"].endswith(" GMT")
    assert response["Access-Control-Expose-Headers"] == "Authorization"
    assert session_user(response["Authorization"]) == owner
    assert web.get("/v1/system/version").status_code == 401


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Unauthorized!"),
        ({"email": "nobody@example.org", "password": "x"}, "Email: nobody@example.org is not registered!"),
        ({"email": "owner@example.org", "password": "wrong"}, "Email and password do not match!"),
        ({"email": "owner@example.org"}, "Email and password do not match!"),
        ({"email": "owner@example.org", "password": [PASSWORD]}, "Email and password do not match!"),
    ],
    ids=["nothing", "unknown", "wrong password", "no password", "password no text"],
)
def test_a_login_that_fails_says_why(post, owner, body, message):
    owner.email = "owner@example.org"
    owner.save()

    response = post(LOGIN, body)

    assert response.json() == {"code": 109, "message": message, "data": None}
    assert response.status_code == 401
    assert "Authorization" not in response


@pytest.mark.parametrize(
    ("password", "code", "message"),
    [
        (PASSWORD, 403, "This account has been disabled, please contact the administrator!"),
        ("wrong", 109, "Email and password do not match!"),
    ],
    ids=["right", "wrong"],
)
def test_a_disabled_account_shows_only_to_who_knows_its_password(post, owner, password, code, message):
    User.objects.update(is_active=False)

    response = post(LOGIN, {"email": owner.email, "password": password})

    assert response.json() == {"code": code, "message": message, "data": None}


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_after_five_failures_even_the_right_password_waits(post, owner, known, django_assert_max_num_queries):
    email = owner.email if known else "nobody@example.org"
    answers = [post(LOGIN, {"email": email, "password": "wrong"}) for _ in range(5)]
    locked = post(LOGIN, {"email": email, "password": PASSWORD})

    assert [answer.status_code for answer in answers][:4] == [401] * 4
    assert locked.status_code == 429
    assert locked.json()["code"] == 103
    assert int(locked["Retry-After"]) == 900


@pytest.mark.parametrize("path", [LOGIN, "/admin/login/"], ids=["API", "console"])
def test_failures_count_for_an_address_in_every_spelling(client, path, owner):
    name = "email" if path == LOGIN else "username"
    spellings = [owner.email, owner.email.upper(), owner.email.capitalize(), f" {owner.email}", owner.email.title()]
    for spelling in spellings:
        client.post(path, {name: spelling, "password": "wrong"})

    locked = client.post(path, {name: owner.email.swapcase(), "password": PASSWORD})

    assert locked.status_code == 429


@pytest.mark.parametrize(
    ("path", "name", "status"),
    [(LOGIN, "email", 401), ("/api/login", "username", 200), ("/admin/login/", "username", 200)],
)
def test_an_address_that_no_column_holds_is_unknown(client, path, name, status):
    answer = client.post(path, {name: "x" * 5000 + "@example.org", "password": "wrong"})

    assert answer.status_code == status
    assert status == 200 or answer.json()["message"] == f"Email: {'x' * 255} is not registered!"


@pytest.mark.parametrize("path", [REGISTER, LOGIN])
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"]
)
def test_whoever_is_not_known_sends_little(anonymous, path, content_type):
    answer = anonymous.generic("POST", path, b"x" * (65 << 10), content_type=content_type)

    assert (answer.status_code, answer.json()["code"]) == (413, 101)
    assert "64 KiB" in answer.json()["message"]


@pytest.mark.parametrize("path", [REGISTER, LOGIN, "/api/login", "/admin/login/"])
def test_nobody_who_is_not_known_sends_files(path):
    client = Client(enforce_csrf_checks=True)
    client.get(path)  # a form hands out the cookie that has its body read

    answer = client.post(path, {"file": SimpleUploadedFile("a.txt", b"x"), **ANN})

    assert answer.status_code == 400


@pytest.mark.parametrize("name", ["operator@rag\u017fite.local", "o\u212a@example.org", "\u0430nn@example.org"])
def test_an_address_that_looks_or_folds_like_another_is_none(post, name):
    answer = post(REGISTER, ANN | {"email": name})

    assert answer.json()["message"] == f"Invalid email address: {name}!"


def test_nobody_is_shut_out_by_an_address_that_folds_like_theirs(post, owner):
    owner.email = "operator@ragsite.local"
    owner.save()
    User.objects.create_user("operator@rag\u017fite.local", "another password", nickname="twin")

    answer = post(LOGIN, {"email": "OPERATOR@ragsite.local", "password": PASSWORD})

    assert (answer.status_code, answer.json()["data"]["id"]) == (200, owner.pk)


def test_a_new_password_ends_the_session(web, owner):
    owner.set_password("another password")
    owner.save()

    assert web.get("/v1/system/version").status_code == 401


def test_a_lockout_holds_for_one_address_only(post, anonymous, owner):
    for _ in range(6):
        post(LOGIN, {"email": owner.email, "password": "wrong"})

    response = anonymous.post(
        LOGIN, {"email": owner.email, "password": PASSWORD}, format="json", REMOTE_ADDR="192.0.2.7"
    )

    assert response.json()["code"] == 0
