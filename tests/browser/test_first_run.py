"""A machine without a model in a real browser: nothing looks broken. And: signing in returns to where one was."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import SAMPLES
from tests.end_to_end.service import RunningService

pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")

from playwright.sync_api import Browser, BrowserContext, Page, expect

ALARMS = ".banner, .tag-warn, .tag-bad, .notice-bad, .panel-bad, .panel-warn, .state-failed"


def end_session(context: BrowserContext, url: str) -> None:
    """As when its time is over: the browser still has the cookie, the service does not know it any more."""
    context.add_cookies([{"name": "vitae_session", "value": "x" * 43, "url": url}])


def test_without_a_model_no_page_shows_an_alarm(page: Page, service: RunningService) -> None:
    with service.http() as client:
        name = "marcus-delhaye.txt"
        client.post("/v1/resumes", files=[("files", (name, (SAMPLES / name).read_bytes()))])
    row = page.locator("#rows tr").filter(has_text="DELHAYE")
    expect(row.locator(".state")).to_have_text("Done", timeout=60_000)
    expect(row).to_contain_text("Built-in parser")
    expect(page.locator(ALARMS).filter(visible=True)).to_have_count(0)
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Read by")).to_be_visible()
    expect(page.locator(ALARMS).filter(visible=True)).to_have_count(0)
    page.goto(service.url + "/costs")
    expect(page.get_by_role("heading", name="No model calls in the last 30 days")).to_be_visible()
    expect(page.locator(ALARMS).filter(visible=True)).to_have_count(0)
    page.goto(service.url + "/system")
    expect(page.locator("#clients")).to_contain_text("nothing has responded at 127.0.0.1:8000")
    expect(page.locator("#routing-now")).to_contain_text("The built-in parser reads resumes now")
    expect(page.locator(ALARMS).filter(visible=True)).to_have_count(0)
    expect(page.locator("#connect")).to_contain_text("OPENAI_API_KEY=sk-...")


def test_the_hint_leads_to_the_ways_to_connect_a_model_and_stays_closed(page: Page, service: RunningService) -> None:
    page.get_by_role("link", name="Connect a model").click()
    expect(page.get_by_role("heading", name="Connect a model")).to_be_in_viewport()
    page.goto(service.url + "/candidates")
    page.get_by_role("button", name="Close this hint").click()
    expect(page.locator("#hint")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Candidates", exact=True)).to_be_visible()
    expect(page.locator("#hint")).to_have_count(0)


def test_a_deep_link_opens_after_signing_in(
    browser: Browser, service: RunningService, sign_in_link: Callable[[], str]
) -> None:
    wanted = service.url + "/candidates?q=python&status=done"
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(wanted)
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page.get_by_role("status")).to_have_text("Sign in to open this page.")
        other_tab = context.new_page()
        other_tab.goto(sign_in_link())
        expect(other_tab).to_have_url(wanted)
        page.reload()
        expect(page).to_have_url(wanted)


def test_a_session_that_ends_says_so_and_returns(
    page: Page, context: BrowserContext, service: RunningService, sign_in_link: Callable[[], str]
) -> None:
    page.goto(service.url + "/system")
    expect(page.locator("#clients")).to_contain_text("LocalVLLM")
    end_session(context, service.url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()  # the page asks every few seconds
    expect(page.get_by_role("status")).to_contain_text("Your session has ended.")
    page.goto(sign_in_link())
    expect(page).to_have_url(service.url + "/system")


def test_a_wrong_address_is_a_page(page: Page, service: RunningService) -> None:
    page.goto(service.url + "/candidate")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    page.get_by_role("button", name="Go to the candidates").click()
    expect(page).to_have_url(service.url + "/candidates")
