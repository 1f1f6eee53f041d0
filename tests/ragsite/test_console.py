import re

import pytest
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.test import Client

from documents.models import Run
from ragsite.admin import Console
from system import health
from system.console.pages import ConsoleAdmin
from system.errors import RagError
from tests.factories import DocumentFactory, KnowledgebaseFactory

INDEX = "/admin/"
LISTS = [
    *("knowledgebases/knowledgebase", "knowledgebases/chunk", "documents/document", "documents/task"),
    *("system/apitoken", "system/modelendpoint", "system/user", "system/tenant", "auth/group"),
]


def test_the_first_page_shows_every_part_with_its_time(console, redis):
    page = console.get(INDEX).content.decode()

    assert all(name in page for name in ("Database", "Queue server", "Search engine", "File storage"))
    assert page.count(">well<") == 4
    assert len(re.findall(r"\d+\.\d<small> ms", page)) == 4


def test_a_part_that_is_down_is_shown_with_what_it_said(console, redis, monkeypatch):
    def down():
        raise RagError("The disk is full.")

    monkeypatch.setitem(health._checks, "storage", down)

    page = console.get(INDEX).content.decode()

    assert "File storage is not well" in page
    assert "The disk is full." in page


def test_a_site_without_datasets_is_told_the_first_steps(console, owner, redis):
    assert "Three steps to the first answer" in console.get(INDEX).content.decode()

    KnowledgebaseFactory(owner=owner)

    assert "Three steps to the first answer" not in console.get(INDEX).content.decode()


def test_content_is_shown_to_those_who_may_see_it(console_with, owner, redis):
    DocumentFactory(kb=KnowledgebaseFactory(owner=owner), run=Run.FAIL)

    assert "1 failed" in console_with("documents.view_document").get(INDEX).content.decode()
    assert "1 failed" not in console_with().get(INDEX).content.decode()


@pytest.mark.parametrize("count", [5, 50])
def test_the_first_page_costs_the_same_for_few_and_many(console, owner, redis, count, django_assert_max_num_queries):
    kb = KnowledgebaseFactory(owner=owner)
    for _ in range(count):
        DocumentFactory(kb=kb)

    with django_assert_max_num_queries(8):
        assert console.get(INDEX).status_code == 200


@pytest.mark.parametrize("path", ["", *(f"{path}/" for path in LISTS), *(f"{path}/add/" for path in LISTS)])
def test_every_page_opens_and_asks_nobody_else_for_anything(console, redis, path):
    answer = console.get(f"{INDEX}{path}")

    assert answer.status_code in {200, 403}
    loaded = re.findall(r'<(?:script|link|img|iframe)[^>]*?(?:src|href)="([^"]*)"', answer.content.decode())
    assert all(url.startswith("/") and not url.startswith("//") for url in loaded)
    assert all(finders.find(url.removeprefix("/static/")) for url in loaded if url.startswith("/static/"))


@pytest.mark.parametrize("path", ["", *(f"{path}/" for path in LISTS)])
def test_nobody_sees_a_page_without_the_right(console_with, owner, console_as, path):
    assert Client().get(f"{INDEX}{path}").headers["Location"].startswith("/admin/login/")
    assert console_as(owner).get(f"{INDEX}{path}").status_code == 302
    assert not path or console_with().get(f"{INDEX}{path}").status_code == 403


def test_the_sidebar_offers_what_the_reader_may_open(console_with, redis):
    page = console_with("documents.view_document").get("/admin/documents/document/").content.decode()

    assert 'href="/admin/documents/document/"' in page
    assert 'href="/admin/system/apitoken/"' not in page


def test_every_page_is_of_the_console():
    assert isinstance(admin.site._wrapped if hasattr(admin.site, "_wrapped") else admin.site, Console)
    assert admin.site._registry
    assert all(isinstance(page, ConsoleAdmin) for page in admin.site._registry.values())
