"""A real Chromium at a real site."""

import re
import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.flows.conftest import launch  # noqa: F401 -- a fixture

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-quic"),
]


@pytest.fixture(scope="module")  # not longer: while playwright is there, Django takes this thread for asynchronous
def chromium():
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine: `apt install chromium`, or any other way to have it on the PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(launch):  # noqa: F811
    """A site of its own: the browser sees it as a newcomer does."""
    return launch()


@pytest.fixture(scope="module")
def operator(site):
    """E-mail and password that the first start printed."""
    printed = site.output()
    return tuple(re.search(rf"{word}\s+(\S+)", printed)[1] for word in ("e-mail", "password"))


@pytest.fixture(scope="module")
def session(chromium, site, operator):
    """The cookies of an operator who has logged in through the form."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{site.url}/admin/")
    page.get_by_label("Email").fill(operator[0].upper())
    page.get_by_label("Password").fill(operator[1])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{site.url}/admin/")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def page(chromium, site, session):
    """A page of the console; the test fails where it raised an error, or asked anybody else for anything."""
    context = chromium.new_context(base_url=site.url, storage_state=session, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    troubles = []
    page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
    page.on("dialog", lambda dialog: troubles.append(f"{page.url} opened a dialog: {dialog.message}"))
    page.on("request", lambda asked: asked.url.startswith((site.url, "data:", "blob:")) or troubles.append(asked.url))
    page.on("response", lambda answer: answer.status < 500 or troubles.append(f"{answer.status} {answer.url}"))
    yield page
    context.close()
    assert not troubles
