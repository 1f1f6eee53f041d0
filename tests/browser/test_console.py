"""The console as an operator uses it, from the empty site to the retired token."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.flows.live import SAMPLES

pytestmark = [pytest.mark.browser, pytest.mark.processes]

EVIL = "<img src=x onerror=alert(1)>.txt"
PARSED = 60_000  # ms


@pytest.fixture(scope="module")
def dataset():
    """Name of the dataset that the tests of this file share."""
    return "Handbook"


@pytest.fixture
def documents(page, dataset, tmp_path):
    """The list of documents, some of them uploaded through the console by the first test that asks."""
    page.goto("/admin/documents/document/")
    if page.get_by_text("No documents yet").is_visible():
        upload(page, dataset, tmp_path)
    return page


def upload(page, dataset, tmp_path):
    page.goto("/admin/knowledgebases/knowledgebase/add/")
    page.get_by_label("Name").fill(dataset)
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_role("link", name="Upload files").click()
    (tmp_path / EVIL).write_text("A name that would like to be a program.")
    (tmp_path / "otters.txt").write_text("\n\n".join(f"Otter {n} eats {n} fish a day. " * 20 for n in range(400)))
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    samples = [SAMPLES / "operating.md", SAMPLES / "ingestion.pdf"]
    page.set_input_files("input[type=file]", [*samples, *tmp_path.iterdir()])
    page.get_by_role("button", name="Upload").click()


def row(page, name):
    return page.locator("tr.data-row", has_text=name)


def test_a_newcomer_is_told_the_first_steps(page):
    page.goto("/admin/")

    expect(page.get_by_role("heading", name="Health")).to_be_visible()
    expect(page.locator(".rs-card .rs-badge.rs-good").first).to_be_visible()
    expect(page.get_by_text("1 API token expires")).to_have_count(0)


def test_progress_moves_without_a_reload_until_every_document_has_ended(documents):
    documents.evaluate("window.sameVisit = true")

    for name in ("operating.md", "ingestion.pdf", "otters.txt", EVIL):
        expect(row(documents, name)).to_contain_text("done", timeout=PARSED)
        expect(row(documents, name)).to_contain_text("100 %")
    expect(row(documents, "broken.pdf")).to_contain_text("failed", timeout=PARSED)
    assert documents.evaluate("window.sameVisit")


def test_a_failure_is_on_the_first_page(documents):
    expect(documents.locator("[data-running]")).to_have_count(0, timeout=PARSED)

    documents.goto("/admin/")
    documents.get_by_role("link", name="1 document has failed").click()

    expect(documents.locator("tr.data-row")).to_have_count(1)


def test_a_selection_is_kept_while_the_list_refreshes_and_parsed_again(documents):
    expect(documents.locator("[data-running]")).to_have_count(0, timeout=PARSED)
    row(documents, "otters.txt").locator("input.action-select").check()

    documents.locator("select[name=action]").select_option("parse")
    documents.get_by_role("button", name="Run", exact=True).click()

    expect(documents.get_by_text("1 document queued.")).to_be_visible()
    row(documents, "operating.md").locator("input.action-select").check()
    expect(row(documents, "otters.txt")).to_contain_text("done", timeout=PARSED)
    expect(row(documents, "operating.md").locator("input.action-select")).to_be_checked()


def test_a_document_is_stopped_on_its_page(page, site):
    long = "\n\n".join(f"River {n} runs for {n} miles. " * 20 for n in range(6000))  # minutes of embedding
    with site.api as api:
        dataset = api.post("/datasets", json={"name": "Rivers"}).json()["data"]["id"]
        api.post(f"/datasets/{dataset}/documents", files={"file": ("rivers.txt", long)}).raise_for_status()
    page.goto("/admin/documents/document/")
    row(page, "rivers.txt").get_by_role("link", name="rivers.txt").click()

    for title, state in (("Parse", r"queued|parsing"), ("Stop", "stopped")):
        page.locator("#header-inner").get_by_role("link", name=title).click()
        page.locator("#dialog").get_by_role("button", name=title).click()
        expect(page.locator(".rs-badge").first).to_have_text(re.compile(state))


def test_chunks_are_read_in_the_order_of_the_document(documents):
    expect(documents.locator("[data-running]")).to_have_count(0, timeout=PARSED)

    row(documents, "operating.md").locator("[data-live$=':chunks'] a").click()
    documents.locator("tr.data-row a").first.click()

    expect(documents.locator(".rs-text")).to_contain_text(re.compile("operat", re.IGNORECASE))


def test_a_token_is_shown_once_works_and_is_revoked(page, site):
    page.goto("/admin/system/apitoken/add/")
    page.get_by_label("Name").fill("browser test")
    page.get_by_role("button", name="Save").click()
    value = page.locator("#token-value").inner_text()

    def status():
        return httpx.get(f"{site.url}/api/v1/datasets", headers={"Authorization": f"Bearer {value}"}).status_code

    assert status() == 200
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-copy]")).to_have_text(re.compile("Copied|Press"))
    page.reload()
    expect(page.get_by_text("The value has been shown")).to_be_visible()
    assert value not in page.content()

    page.get_by_role("link", name="browser test").click()
    page.get_by_role("link", name="Revoke").click()
    page.locator("#dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("1 API token revoked.")).to_be_visible()
    assert status() == 401


def test_a_token_offers_the_datasets_of_the_tenant_that_is_chosen(page, documents, dataset):
    page.goto("/admin/system/user/add/")
    page.get_by_label("Email").fill("second@example.org")
    page.get_by_label("Nickname").fill("Second")
    for field in page.locator("input[type=password]").all():
        field.fill("a long enough password")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto("/admin/system/apitoken/add/")
    offered = page.locator("#id_chosen option")
    expect(offered).to_have_text([dataset])

    page.locator("#select2-id_tenant-container").click()
    page.get_by_role("option", name="Second").click()
    expect(offered).to_have_count(0)


@pytest.fixture
def token(page):
    """The name of a token that was issued through the console."""
    name = "ends soon"
    page.goto("/admin/system/apitoken/add/")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#token-value")).to_be_visible()
    return name


def test_tokens_are_given_a_last_day(page, token):
    page.goto("/admin/system/apitoken/")
    row(page, token).first.locator("input.action-select").check()
    day = page.get_by_label("Last day (UTC)")
    expect(day).to_be_hidden()
    page.get_by_label("Select action to run").select_option("end_on")

    day.fill("2999-12-31")
    page.get_by_role("button", name="Run").click()

    expect(page.get_by_text("1 API token got a new end.")).to_be_visible()


def test_a_token_is_rotated_with_the_overlap_that_was_chosen(page, token):
    page.goto("/admin/system/apitoken/")
    row(page, token).first.get_by_role("link", name=token).click()
    page.get_by_role("link", name="Rotate").click()
    page.get_by_label("The old value works for").select_option("no longer: it ends now")
    page.locator("#dialog").get_by_role("button", name="Rotate").click()

    expect(page.locator("#token-value")).to_have_text(re.compile(r"ragflow-[\w-]{43}"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desk", "phone"])
@pytest.mark.parametrize(
    "path", ["", "documents/document/", "documents/task/", "system/apitoken/", "system/apitoken/add/", "system/user/"]
)
def test_a_page_fits_its_screen(page, path, size, theme):
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": size[0], "height": size[1]})

    page.goto(f"/admin/{path}")

    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
