"""Takes the pictures of docs/dashboard.md from a running service: `python docs/pictures/take.py`.

Needs `playwright` and Chromium. `VITAE_URL` and `VITAE_API_KEY` name the service as for the command line.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Literal

import httpx
from playwright.sync_api import Page, ViewportSize, sync_playwright

FOLDER = Path(__file__).parent
WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
LOOKS: tuple[tuple[str, ViewportSize, Literal["light", "dark"]], ...] = (
    ("", WIDE, "light"),
    ("-dark", WIDE, "dark"),
    ("-phone", PHONE, "light"),
)
SETTLE_MS = 1500  # pages of a PDF are drawn, scrolling has come to rest


def main() -> int:
    url = os.environ.get("VITAE_URL", "http://127.0.0.1:8080").rstrip("/")
    key = os.environ.get("VITAE_API_KEY") or Path(".vitae/admin-key").read_text("utf-8").strip()
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}) as api:
        link = api.post("/v1/sign-in-links").raise_for_status().json()["path"]
        found = api.get("/v1/resumes", params={"q": "jonas lindvall"}).json()["items"]
    if not found:
        print("The samples are missing. Start the service with `vitae up --samples`.", file=sys.stderr)
        return 1
    candidate = f"/candidates/{found[0]['id']}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with browser.new_context() as context:
            page = context.new_page()
            page.goto(url + "/sign-in")
            page.screenshot(path=FOLDER / "sign-in.png")
            page.goto(url + link)
            state = context.storage_state()
        for look, viewport, scheme in LOOKS:
            with browser.new_context(storage_state=state, viewport=viewport, color_scheme=scheme) as context:
                page = context.new_page()
                for name, path in (
                    ("candidates", "/candidates"),
                    ("candidate", candidate),
                    ("upload", "/upload"),
                    ("costs", "/costs"),
                    ("system", "/system"),
                ):
                    page.goto(url + path)
                    page.wait_for_timeout(SETTLE_MS)
                    if name == "candidate":
                        _show_a_place(page)
                    page.screenshot(path=FOLDER / f"{name}{look}.png")
        browser.close()
    return 0


def _show_a_place(page: Page) -> None:
    page.locator('[data-place="/basics/email"]').click()
    page.wait_for_timeout(SETTLE_MS)


if __name__ == "__main__":
    sys.exit(main())
