"""The routes of the contract against those of the URLconf, and against the page that tells of both."""

import re

import pytest

from tests.contract import report
from tests.contract.routes import CORE, FAMILIES, ROUTES, shape
from tests.urlconf import served

SPECIFICATION = report.ROOT.parent / "shared" / "contract" / "API.md"
NAMED = re.compile(r"((?:(?:GET|POST|PUT|DELETE)(?:, )?)+) `?((?:/|\.\.\./)[^\s`|?,;)]+)")


def test_every_core_route_is_served():
    core = {route.key for route in ROUTES if route.scope == CORE}

    assert sorted(core - {(method, shape(pattern)) for method, pattern in served()}) == []


def test_every_route_that_is_served_is_listed():
    listed = {route.key for route in ROUTES}

    assert sorted({(method, shape(pattern)) for method, pattern in served()} - listed) == []


def test_the_page_is_up_to_date():
    kept = {row.split(" | ")[1]: row.split(" | ")[-1] for row in report.PAGE.read_text().splitlines() if " | `" in row}

    fresh = report.page({}).splitlines()

    assert [line.split(" | ")[:-1] for line in report.PAGE.read_text().splitlines()] == [
        line.split(" | ")[:-1] for line in fresh
    ], "write it anew: make contract"
    assert [name for name in kept if kept[name]]


@pytest.mark.parametrize("route", [route for route in ROUTES if route.scope == CORE], ids=lambda route: route.path)
def test_a_test_calls_every_core_route(route):
    row = next(line for line in report.PAGE.read_text().splitlines() if f"`{route.method} {route.path}`" in line)

    files = re.findall(r"`([\w/]+\.py)`", row)

    assert files
    assert all((report.ROOT / "tests" / file).is_file() for file in files)


@pytest.mark.skipif(not SPECIFICATION.exists(), reason=f"the specification is not beside the checkout: {SPECIFICATION}")
def test_every_route_of_the_specification_is_listed():
    listed = {route.key for route in ROUTES}

    named = set(named_routes(SPECIFICATION.read_text()))

    assert len(named) > 100
    assert sorted((method, path) for method, path in named - listed if not path.startswith(tuple(FAMILIES))) == []


def named_routes(text):
    """Method and shape of each route that sections B and C name, whose paths they abbreviate."""
    section = ""
    for line in text.splitlines():
        heading = re.match(r"#+ ([A-H])\b", line)
        section = heading[1] if heading else section
        if section in {"B", "C"}:
            for methods, path in NAMED.findall(line):
                yield from ((method, shape(whole(path, section))) for method in methods.split(", "))


def whole(path, section):
    """A path with what the specification leaves out in front of it."""
    if path.startswith("..."):
        below = "/documents/{id}" if path.startswith(".../chunks") else ""
        return f"/api/v1/datasets/{{id}}{below}{path.removeprefix('...')}"
    if path.startswith(("/api/", "/v1/")):
        return path
    return f"/api/v1{path}" if section == "B" else f"/v1/user{path}"
