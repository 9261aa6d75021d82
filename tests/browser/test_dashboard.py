"""The work of a recruiter in the browser, from the sign-in link to the deletion."""

import csv
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from tests.browser.conftest import SAMPLES, WAIT_MS, click_mark, drop_files, has_ink, upload
from tests.end_to_end.service import RunningService

pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")

from playwright.sync_api import Browser, Dialog, Page, Route, expect

TOLERANCE_POINTS = 1.5


def _detail(service: RunningService, resume_id: str) -> dict[str, Any]:
    with service.http() as client:
        return client.get(f"/v1/resumes/{resume_id}").json()


def test_a_link_signs_in_once_and_the_session_can_be_closed(
    browser: Browser, service: RunningService, sign_in_link: Callable[[], str]
) -> None:
    link = sign_in_link()
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(service.url)
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.goto(link)
        expect(page).to_have_url(service.url + "/candidates")
        [cookie] = context.cookies()
        assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Strict")
        with browser.new_context() as another:
            elsewhere = another.new_page()
            elsewhere.goto(link)
            expect(elsewhere.get_by_role("alert")).to_contain_text("used before")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.goto(service.url + "/candidates")
        expect(page).to_have_url(service.url + "/sign-in")
    # The cookie is invalid on the server too, not only deleted from the browser.
    answer = httpx.get(service.url + "/v1/resumes", cookies={"vitae_session": cookie["value"]})  # pyright: ignore[reportTypedDictNotRequiredAccess]
    assert answer.status_code == 401


def test_dropped_files_are_analysed_while_the_page_is_open(page: Page, service: RunningService) -> None:
    names = ["jonas-lindvall.pdf", "marcus-delhaye.txt", "sunita-deshmukhe.docx", "hannah-quillfeather.html"]
    page.goto(service.url + "/upload")
    files = {name: (SAMPLES / name).read_bytes() for name in names}
    drop_files(page, {**files, "program.exe": b"MZ\x90\x00" + bytes(200), "empty.pdf": b""}, "#drop")
    uploads = page.locator("#uploads li")
    expect(uploads).to_have_count(6)
    for name in names:
        expect(uploads.filter(has_text=name).locator(".state")).to_have_text("Done", timeout=WAIT_MS)
    expect(uploads.filter(has_text="program.exe")).to_contain_text("not supported")
    expect(uploads.filter(has_text="empty.pdf")).to_contain_text("The file is empty")
    expect(page.locator("#progress-words")).to_have_text("4 done, 2 with a problem")
    page.reload()
    expect(page.locator("#uploads li")).to_have_count(6)
    # Uploading the same file again is reported.
    drop_files(page, {"again.txt": files["marcus-delhaye.txt"]}, "#drop")
    expect(page.locator("#uploads li").filter(has_text="again.txt")).to_contain_text("before")
    page.get_by_role("link", name="Candidates", exact=True).click()
    expect(page.locator("#rows")).to_contain_text("Jonas Lindvall")


def test_a_folder_is_searched_recursively_and_its_states_survive_a_reload(
    page: Page, service: RunningService, tmp_path: Path
) -> None:
    deep = tmp_path / "inbox" / "spring" / "engineers"
    deep.mkdir(parents=True)
    (deep.parents[1] / "tilde.txt").write_bytes(
        b"Tilde Ostermann\nt@ostermann.example\n\nWork\nCooper, Cask, 2001 - 2009\n"
    )
    (deep / "runa.md").write_bytes(b"# Runa Valdis\nr@valdis.example\n\n## Work\nFletcher, Bow & Co, 2003 - 2011\n")
    (deep / "notes.xyz").write_bytes(b"no resume's ending")
    page.goto(service.url + "/upload")
    page.locator("#folder").set_input_files(tmp_path / "inbox")
    uploads = page.locator("#uploads li")
    expect(uploads).to_have_count(2)
    for _ in range(2):
        for name in ("tilde.txt", "runa.md"):
            expect(uploads.filter(has_text=name).locator(".state")).to_have_text("Done", timeout=WAIT_MS)
        expect(page.locator("#progress-words")).to_have_text("2 done")
        page.reload()


def test_the_list_updates_while_it_is_open(page: Page, service: RunningService) -> None:
    upload(
        service,
        "odile.txt",
        b"Odile Marchetti\nodile@marchetti.example\n\nWork\nPress Operator, Kiln & Sons, 2015 - 2019\n",
    )
    row = page.locator("#rows tr").filter(has_text="Odile Marchetti")
    expect(row.locator(".state")).to_have_text("Done", timeout=WAIT_MS)


def test_if_the_event_stream_is_blocked_the_list_polls_instead(page: Page, service: RunningService) -> None:
    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/v1/events", refuse)
    page.reload()
    upload(service, "pauline.txt", b"Pauline Okonjo\npauline@okonjo.example\n\nWork\nWeaver, Loom & Co, 2001 - 2009\n")
    row = page.locator("#rows tr").filter(has_text="Pauline Okonjo")
    expect(row.locator(".state")).to_have_text("Done", timeout=WAIT_MS)


def test_a_reload_in_the_middle_of_an_upload_loses_nothing(page: Page, service: RunningService) -> None:
    page.goto(service.url + "/upload")

    def never_answer(route: Route) -> None:
        del route  # the connection hangs until the page is closed

    page.route("**/v1/resumes", never_answer)
    drop_files(
        page, {"halfway.txt": b"Hugo Lindqvist\nhugo@lindqvist.example\n\nWork\nCook, Inn, 2011 - 2014\n"}, "#drop"
    )
    expect(page.locator("#uploads li")).to_contain_text("Sending")
    page.unroute("**/v1/resumes")
    page.reload()
    expect(page.locator("#uploads li").filter(has_text="halfway.txt").locator(".state")).to_have_text("Done")
    with service.http() as client:
        assert len(client.get("/v1/resumes", params={"q": "lindqvist"}).json()["items"]) == 1


def test_search_and_state_are_in_the_url(page: Page, service: RunningService) -> None:
    upload(service, "jonas.pdf", (SAMPLES / "jonas-lindvall.pdf").read_bytes())
    searches: list[str] = []
    page.on("request", lambda request: searches.append(request.url) if "q=nordvind" in request.url else None)
    page.get_by_role("searchbox").fill("nordvind")
    expect(page).to_have_url(re.compile(r"q=nordvind"))
    expect(page.locator("#rows tr").first).to_contain_text("Jonas Lindvall")
    page.get_by_role("link", name="Failed", exact=True).click()
    expect(page).to_have_url(re.compile(r"status=failed"))
    expect(page.get_by_role("heading", name="No matches")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert len(searches) == 2, "one for the words and one for the state: leaving the field searches no second time"
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("nordvind")


def test_a_new_resume_does_not_appear_in_a_search_that_began_while_its_row_was_loading(
    page: Page, service: RunningService
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/candidates/rows?*", hold, times=1)
    with page.expect_request("**/candidates/rows?*"):
        upload(service, "ludmilla.txt", b"Ludmilla Ottersen\nludmilla@ottersen.example\n\nSkills\nWeaving\n")
    page.get_by_role("searchbox").fill("no such word")
    expect(page.get_by_role("heading", name="No matches")).to_be_visible()
    held[0].continue_()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("ludmilla")).to_have_count(0)
    page.get_by_role("searchbox").fill("")
    expect(page.locator("#rows tr").first).to_contain_text("udmilla")


def test_filters_are_in_the_url_and_actions_apply_to_all_selected_rows(page: Page, service: RunningService) -> None:
    for name, years in (("Ottilie Brandvold", "2001 - 2019"), ("Ottokar Brandvold", "2015 - 2017")):
        mail = f"{name.split()[0].lower()}@brandvold.example"
        text = f"{name}\n{mail}\n\nWork\nGlazier, Pane & Co, {years}\n\nSkills\nLeadlight, Glazing\n"
        upload(service, f"{name}.txt", text.encode())
    page.goto(service.url + "/candidates?q=brandvold")
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(2)
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Skills").fill("leadlight")
    page.get_by_label("At least, in years").fill("10")
    page.keyboard.press("Tab")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(service.url + "/candidates?q=brandvold&skills=leadlight&min_years=10")
    page.reload()
    expect(rows).to_contain_text("Ottilie Brandvold")
    page.get_by_role("link", name="Without the filter from 10 years").click()
    expect(rows).to_have_count(2)
    page.wait_for_load_state()  # of the new page, whose rows appear before its scripts run
    page.get_by_label("Order").select_option("experience")
    expect(rows.first).to_contain_text("Ottilie Brandvold")
    expect(page).to_have_url(re.compile("order=experience"))
    # With the keyboard: j and k move, x selects.
    page.locator(".row-link").first.focus()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#bulk-words")).to_have_text("2 selected")
    with page.expect_download() as download:
        page.locator("#bulk summary").click()
        page.get_by_role("button", name="CSV").click()
    text = download.value.path().read_text("utf-8")
    names = [row["name"] for row in csv.DictReader(io.StringIO(text))]
    assert names == ["Ottilie Brandvold", "Ottokar Brandvold"]
    page.get_by_role("button", name="Reanalyse").click()
    expect(page.locator("#bulk")).to_be_hidden()
    for row in (0, 1):
        expect(rows.nth(row).locator(".state")).to_have_text("Done", timeout=WAIT_MS)
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("Delete 2 candidates for good?")
    page.get_by_role("dialog").get_by_role("button", name="Keep").click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(0)
    with service.http() as client:
        assert client.get("/v1/resumes", params={"q": "brandvold"}).json()["items"] == []


_REPLACE_ROW = "(id) => { const old = document.getElementById(`r-${id}`); old.replaceWith(old.cloneNode(true)); }"


def test_rows_that_are_refreshed_while_they_are_deleted_stay_deleted(page: Page, service: RunningService) -> None:
    resume_id = upload(service, "race.txt", b"Racine Corvette\n\nWork\nGlazier, Pane & Co, 2001 - 2019\n")
    page.goto(service.url + "/candidates?q=corvette")
    row = page.locator(f"#r-{resume_id}")
    expect(row).to_have_count(1)
    # A refresh replaces the row while its deletion is on the way to the service.
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Delete").click()
    page.route(f"**/v1/resumes/{resume_id}", lambda route: (page.evaluate(_REPLACE_ROW, resume_id), route.continue_()))
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    with service.http() as client:
        assert client.get(f"/v1/resumes/{resume_id}").status_code == 404


def test_a_value_highlights_its_place_and_a_place_its_value(page: Page, service: RunningService) -> None:
    resume_id = upload(service, "jonas.pdf", (SAMPLES / "jonas-lindvall.pdf").read_bytes())
    detail = _detail(service, resume_id)
    page.goto(f"{service.url}/candidates/{resume_id}")
    expect(page.locator(".sheet[data-drawn=yes] img")).to_be_visible()
    for pointer in ("/basics/name", "/work/1/name", "/education/0/institution"):
        place = detail["evidence"][pointer]
        page.locator(f'[data-place="{pointer}"]').click()
        mark = page.locator(".mark.chosen")
        expect(mark).to_have_count(1)
        expect(mark).to_be_in_viewport()
        shown = page.evaluate(
            """() => {
                const mark = document.querySelector(".mark.chosen").getBoundingClientRect();
                const sheet = document.querySelector(".mark.chosen").parentElement;
                const frame = sheet.getBoundingClientRect();
                const points = Number(sheet.dataset.width) / frame.width;
                return [mark.left - frame.left, mark.top - frame.top, mark.right - frame.left, mark.bottom - frame.top]
                    .map((pixels) => pixels * points);
            }"""
        )
        assert all(abs(a - b) < TOLERANCE_POINTS for a, b in zip(shown, place["box"], strict=True)), (shown, place)
        assert has_ink(page), f"nothing is drawn where {pointer} should stand"
    page.wait_for_selector(".text-row")
    click_mark(page, "/work/0/position")
    expect(page.locator('[data-place="/work/0/position"]')).to_have_class(re.compile("chosen"))
    expect(page.locator('[data-place="/work/0/position"]')).to_be_in_viewport()


def test_a_text_file_shows_its_lines_with_the_quote_highlighted(page: Page, service: RunningService) -> None:
    resume_id = upload(service, "marcus.txt", (SAMPLES / "marcus-delhaye.txt").read_bytes())
    page.goto(f"{service.url}/candidates/{resume_id}")
    page.locator('[data-place="/work/1/name"]').click()
    expect(page.locator("#lines mark")).to_have_text("Kudzu Home Goods")
    page.locator('#lines [data-line="1"]').click()
    expect(page.locator('[data-place="/basics/name"]')).to_have_class(re.compile("chosen"))


def test_deleting_asks_for_confirmation_and_then_erases(page: Page, service: RunningService) -> None:
    resume_id = upload(
        service, "gone.txt", b"Tilda Overgaard\ntilda@overgaard.example\n\nWork\nBaker, Rye House, 2012 - 2020\n"
    )
    page.goto(f"{service.url}/candidates/{resume_id}")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Keep").click()
    assert _detail(service, resume_id)["id"] == resume_id
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page).to_have_url(service.url + "/candidates")
    with service.http() as client:
        assert client.get(f"/v1/resumes/{resume_id}").status_code == 404


def test_reanalysis_runs_and_shows_its_result_without_a_reload(page: Page, service: RunningService) -> None:
    resume_id = upload(
        service, "again.txt", b"Rune Castellanos\nrune@castellanos.example\n\nWork\nTanner, Oak & Co, 2010 - 2018\n"
    )
    page.goto(f"{service.url}/candidates/{resume_id}")
    page.get_by_role("button", name="Reanalyse").click()
    expect(page.get_by_text("Analysis 2")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Reanalyse")).to_be_enabled()


HOSTILE = """<script>document.title='owned'</script> {{7777*7}}
"><img src=x onerror=alert(1)> hostile@example.com

Work Experience
<script>alert(1)</script>, </script><svg onload=alert(2)>, 2019 - 2021
- {{7777*7}} ${7777*7} <b>bold</b> =HYPERLINK("http://evil.example")
- javascript:alert(3)

Skills
Python, <iframe src="http://evil.example">, {% raw %}, \x1b]0;owned\x07\x1b[31mred, =1+1
"""


def test_a_resume_full_of_scripts_does_no_harm(page: Page, service: RunningService) -> None:
    name = '"><script>alert(4)<\u2215script>{{7777*7}}.txt'
    resume_id = upload(service, name, HOSTILE.encode())
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    for address in (f"/candidates/{resume_id}", "/candidates", "/candidates?q=hostile", "/system", "/costs"):
        page.goto(service.url + address)
        page.wait_for_load_state("load")
        assert page.title() != "owned"
        assert page.evaluate(
            "[...document.scripts].every((script) => script.src || script.type === 'application/json')"
        )
        assert page.locator("iframe, img, svg[onload], main b").count() == 0
        assert "54439" not in page.locator("main").inner_text()
    assert dialogs == []
    page.goto(f"{service.url}/candidates/{resume_id}")
    expect(page.locator("#lines")).to_contain_text("{{7777*7}}")
    expect(page.locator("#lines")).to_contain_text("<script>")
    _correct_with_malice(service, resume_id)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text('=HYPERLINK("http://evil.example")<b>x</b>{{7*7}}')
    assert dialogs == []
    with service.http() as client:
        for address in (f"/v1/resumes/{resume_id}/export?format=csv", f"/v1/resumes/export?format=csv&id={resume_id}"):
            [row] = csv.DictReader(io.StringIO(client.get(address).text))
            assert row["name"].startswith("'=HYPERLINK")
            assert all(not cell.startswith(("=", "+", "-", "@")) for cell in row.values())
    for command in (["list"], ["show", resume_id], ["show", resume_id, "--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "app.cli.main", *command],
            env={**os.environ, "VITAE_URL": service.url, "VITAE_API_KEY": service.key},
            capture_output=True,
            check=True,
        )
        assert b"\x1b" not in done.stdout, command
        assert b"\x07" not in done.stdout, command


def _correct_with_malice(service: RunningService, resume_id: str) -> None:
    """Input from a person is trusted no more than the text of a resume. Control characters are rejected."""
    address = f"/v1/resumes/{resume_id}/profile"
    with service.http() as client:
        bad = client.patch(address, json={"basics": {"name": "red \x1b[31m and bell \x07"}})
        assert bad.status_code == 422
        good = client.patch(address, json={"basics": {"name": '=HYPERLINK("http://evil.example")<b>x</b>{{7*7}}'}})
        assert good.status_code == 200


def test_costs_show_when_self_hosting_breaks_even(page: Page, service: RunningService) -> None:
    with service.http() as client:
        known = client.get("/v1/costs/break-even").json()
    page.goto(service.url + "/costs")
    expect(page.locator("#break-even-say")).to_contain_text(f"{known['break_even_requests']:,} requests a month")
    expect(page.locator("#break-even-chart svg .curve")).to_have_count(2)


def test_the_pages_work_without_a_mouse(page: Page, service: RunningService) -> None:
    resume_id = upload(service, "marcus.txt", (SAMPLES / "marcus-delhaye.txt").read_bytes())
    page.goto(service.url + "/candidates")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".row-link").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/candidates/[0-9a-f-]{36}"))
    page.goto(f"{service.url}/candidates/{resume_id}")
    page.locator('[data-place="/basics/email"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator("#lines mark")).to_have_text("mdelhaye@example.net")
    page.get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_axe_finds_no_serious_problems(browser: Browser, signed_in_state: Any, service: RunningService) -> None:
    pdf_id = upload(service, "jonas.pdf", (SAMPLES / "jonas-lindvall.pdf").read_bytes())
    text_id = upload(service, "marcus.txt", (SAMPLES / "marcus-delhaye.txt").read_bytes())
    addresses = [
        "/candidates",
        "/candidates?q=zzz",
        "/upload",
        "/review",
        "/match",
        "/costs",
        "/system",
        f"/candidates/{pdf_id}",
        f"/candidates/{text_id}",
    ]
    axe = (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    found: list[str] = []
    looks: list[tuple[Literal["light", "dark"], int, list[str]]] = [
        ("light", 1360, ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]),
        ("dark", 1360, ["color-contrast"]),  # the effect of the dark theme
        ("light", 390, ["wcag2aa", "wcag21aa", "wcag22aa"]),
    ]
    for scheme, width, rules in looks:
        for state, paths in ((signed_in_state, addresses), (None, ["/sign-in"])):
            with browser.new_context(
                storage_state=state, color_scheme=scheme, viewport={"width": width, "height": 860}, bypass_csp=True
            ) as context:
                page = context.new_page()
                for path in paths:
                    page.goto(service.url + path)
                    if path == "/match":
                        page.fill("#description", "Requirements\n- Python, Cobol\n- German C2\nNice to have\n- Go")
                        page.get_by_role("button", name="Rank candidates").click()
                        expect(page.locator(".ranking > li").first).to_be_visible()
                    page.wait_for_timeout(300)  # the page's scripts have filled it; axe checks the current content
                    page.evaluate(axe)
                    report = page.evaluate("(rules) => axe.run({ runOnly: rules })", rules)
                    found += [
                        f"{scheme} {width} {path}: {rule['id']} {[node['target'] for node in rule['nodes'][:3]]}"
                        for rule in report["violations"]
                        if rule["impact"] in {"serious", "critical"}
                    ]
    assert found == []


def test_a_value_is_corrected_in_place_and_the_correction_undone(page: Page, service: RunningService) -> None:
    resume_id = upload(service, "jonas.pdf", (SAMPLES / "jonas-lindvall.pdf").read_bytes())
    page.goto(f"{service.url}/candidates/{resume_id}")
    page.locator('[data-value="/work/0/startDate"]').click()
    page.get_by_role("button", name="Correct: 2022-01").click()
    page.keyboard.type("last spring")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="must be a date")).to_be_visible()
    page.get_by_label("Corrected value").fill("2021-01")
    page.keyboard.press("Enter")
    corrected = page.locator('[data-value="/work/0/startDate"]')
    expect(corrected).to_have_text("2021-01")
    expect(corrected).to_be_focused()
    expect(corrected).to_have_attribute("title", re.compile("Corrected by .* the document says: 2022-01"))
    # The evidence of the replaced value is still shown, and computed values follow.
    corrected.click()
    expect(page.locator(".mark.chosen")).to_have_count(1)
    expect(page.locator("#place")).to_contain_text("corrected by")
    expect(page.locator(".facts")).to_contain_text("10 y 3 m")  # it overlaps the previous job
    # With the keyboard, while somebody else was faster.
    with service.http() as client:
        client.patch(f"/v1/resumes/{resume_id}/profile", json={"basics": {"label": "Chief"}}).raise_for_status()
    page.locator('[data-value="/basics/name"]').focus()
    page.keyboard.press("F2")
    page.keyboard.type("J. Lindvall")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="changed since you read it")).to_be_visible()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator('[data-value="/basics/label"]')).to_have_text("Chief")
    # A complete entry, and undoing it.
    page.get_by_role("button", name="Add a job").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Loom & Co")
    page.get_by_role("dialog").get_by_label("From").fill("2010")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#profile")).to_contain_text("Loom & Co")
    page.locator("#corrections summary").click()
    expect(page.locator(".changes > li")).to_have_count(3)
    page.get_by_role("button", name="Undo: Work 1, from").click()
    expect(page.locator('[data-value="/work/0/startDate"]')).to_have_text("2022-01")
    expect(page.locator(".changes .undone")).to_have_count(1)
