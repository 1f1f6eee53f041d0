"""Progress as people watch it: it moves on the page, told by a stream, without a reload."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.processes]

MOVING = 120_000  # ms


@pytest.fixture(scope="module")
def long_document(site):
    """A document that is embedded for a minute or more, started; dataset and document."""
    text = "\n\n".join(f"River {n} runs for {n} miles, past {n} mills. " * 20 for n in range(1500))
    with site.api as api:
        dataset = api.post("/datasets", json={"name": "Rivers"}).json()["data"]["id"]
        sent = api.post(f"/datasets/{dataset}/documents", files={"file": ("rivers.txt", text)}).json()["data"]
        for name in ("second.txt", "third.txt"):
            sent += api.post(f"/datasets/{dataset}/documents", files={"file": (name, text)}).json()["data"]
        ids = [row["id"] for row in sent]
        api.post(f"/datasets/{dataset}/chunks", json={"document_ids": ids}).raise_for_status()
    return dataset, ids[0]


def shown(page, document):
    """Wait for the bar of a document to pass what it shows now; returns the new value."""
    before = page.evaluate("(id) => document.querySelector(`[data-watch='${id}'] progress`).value", document)
    page.wait_for_function(
        "([id, before]) => document.querySelector(`[data-watch='${id}'] progress`).value > before",
        arg=[document, before],
        timeout=MOVING,
    )
    return page.evaluate("(id) => document.querySelector(`[data-watch='${id}'] progress`).value", document)


def test_bars_and_messages_move_in_the_list(page, long_document):
    _, document = long_document
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/admin/documents/document/")
    page.evaluate("window.sameVisit = true")

    first, second = shown(page, document), shown(page, document)

    assert second > first
    assert page.evaluate("window.sameVisit")
    assert any("/events/" in url for url in asked)
    expect(page.locator(f"[data-live='{document}:message']")).to_contain_text(re.compile(r"\d/\d"), timeout=MOVING)


def test_a_document_shows_its_bar_and_the_log_of_its_tasks(page, long_document):
    _, document = long_document
    page.goto(f"/admin/documents/document/{document}/change/")
    page.evaluate("window.sameVisit = true")

    shown(page, document)

    expect(page.locator(f"[data-live='{document}:tasks']")).to_contain_text("Taken by a worker, try 1")
    assert page.evaluate("window.sameVisit")


def test_a_stop_shows_in_the_list_at_once(page, site, long_document):
    dataset, document = long_document
    page.goto("/admin/documents/document/")
    page.evaluate("window.sameVisit = true")
    expect(page.locator(f"[data-live='{document}:run']")).to_have_text(re.compile("parsing"), timeout=MOVING)

    with site.api as api:
        api.request("DELETE", f"/datasets/{dataset}/chunks", json={"document_ids": [document]}).raise_for_status()

    expect(page.locator(f"[data-live='{document}:run']")).to_have_text(re.compile("stopped"), timeout=5000)
    assert page.evaluate("window.sameVisit")


def test_a_page_that_nobody_looks_at_has_no_stream(page, long_document):
    page.goto("/admin/documents/document/")
    page.wait_for_function("performance.getEntriesByType('resource').length > 0")
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    closed = page.evaluate(
        """() => new Promise((resolve) => {
          const close = EventSource.prototype.close;
          EventSource.prototype.close = function () { resolve(true); return close.call(this); };
          document.dispatchEvent(new Event('visibilitychange'));
        })"""
    )

    assert closed
