"""How long a candidate page takes to open in a browser with an empty cache, and how many bytes it loads.

    python -m benchmarks.opening [--file samples/jonas-lindvall.pdf] [--times 7]

Starts a service of its own, uploads the file, and opens its page in a new browser context each time: until the HTML is
parsed, until the first page of the document is drawn. "First" opens the page before anybody has looked at it.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.end_to_end.service import RunningService, running_service

_DRAWN = ".sheet[data-drawn=yes]"


def upload(service: RunningService, path: Path) -> str:
    with service.http() as client:
        made = client.post("/v1/resumes", files=[("files", (path.name, path.read_bytes()))]).raise_for_status()
        resume_id: str = made.json()["resumes"][0]["id"]
        while client.get(f"/v1/resumes/{resume_id}").json()["status"] not in {"done", "failed"}:
            time.sleep(0.2)
    return resume_id


def open_page(browser: Browser, state: Any, address: str) -> tuple[float, float, int, int]:
    """Milliseconds to DOMContentLoaded and to the first drawn page; bytes over the wire; requests."""
    with browser.new_context(
        storage_state=state, viewport={"width": 1360, "height": 900}, device_scale_factor=2
    ) as context:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        loaded = [0, 0]

        def add(event: dict[str, Any]) -> None:
            loaded[0] += int(event["encodedDataLength"])
            loaded[1] += 1

        session.on("Network.loadingFinished", add)
        begun = time.perf_counter()
        page.goto(address, wait_until="domcontentloaded")
        parsed = time.perf_counter() - begun
        page.wait_for_selector(_DRAWN, timeout=60_000)
        drawn = time.perf_counter() - begun
        page.wait_for_timeout(1500)  # what else is loaded counts, too
        return 1000 * parsed, 1000 * drawn, loaded[0], loaded[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--file", type=Path, default=Path("samples/jonas-lindvall.pdf"))
    parser.add_argument("--times", type=int, default=7)
    chosen = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory() as folder,
        running_service(Path(folder)) as service,
        sync_playwright() as playwright,
    ):
        resume_id = upload(service, chosen.file)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with service.http() as client:
            link = client.post("/v1/sign-in-links").raise_for_status().json()["path"]
        with browser.new_context() as context:
            context.new_page().goto(service.url + link)
            state = context.storage_state()
        address = f"{service.url}/candidates/{resume_id}"
        first = open_page(browser, state, address)
        rest = [open_page(browser, state, address) for _ in range(chosen.times)]
        browser.close()
    print(f"first:  parsed {first[0]:.0f} ms, drawn {first[1]:.0f} ms")
    parsed, drawn, size, requests = (statistics.median(each[at] for each in rest) for at in range(4))
    print(f"median of {chosen.times}: parsed {parsed:.0f} ms, drawn {drawn:.0f} ms")
    print(f"{size:,.0f} bytes in {requests:.0f} requests")


if __name__ == "__main__":
    main()
