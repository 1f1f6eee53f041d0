import pytest

from system.rest.paths import is_api, normalised


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/datasets//documents", "/api/v1/datasets/documents"),
        ("/api/v1/datasets/D/documents/", "/api/v1/datasets/D/documents"),
        ("//api///v1//datasets///", "/api/v1/datasets"),
        ("/v1//user/login/", "/v1/user/login"),
        ("/api/docs/", "/api/docs"),
        ("/admin/", "/admin/"),
        ("/admin//login/", "/admin//login/"),
        ("/apixx//y/", "/apixx//y/"),
        ("/", "/"),
    ],
)
def test_api_paths_lose_slashes_and_others_keep_them(path, expected):
    assert normalised(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"), [("/api", True), ("/v1", True), ("/v1/x", True), ("/v10", False), ("/", False)]
)
def test_what_belongs_to_an_api(path, expected):
    assert is_api(path) is expected


@pytest.mark.django_db
def test_a_request_is_routed_by_its_normalised_path(api):
    assert api.get("/api//v1///datasets//").json() == {"code": 0, "data": [], "total_datasets": 0}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/v1/datasets//documents"),
        ("post", "/api/v1/datasets//chunks"),
        ("delete", "/api/v1/datasets//chunks"),
    ],
)
def test_an_empty_id_meets_the_route_that_is_left(api, method, path):
    response = getattr(api, method)(path)

    assert response.json()["message"] == "<MethodNotAllowed '405: Method Not Allowed'>"
    assert response.status_code == 405
