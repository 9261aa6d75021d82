"""Takes the screenshots in docs/dashboard.md and docs/tutorial.md: `python docs/pictures/take.py` in the project root.

Starts a separate service with two scripted model servers, analyses the samples, and writes a month of invented attempts
to its ledger with the function that the workers use. Needs the development packages and Chromium.
"""

import io
import random
import shutil
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
sys.path.insert(0, str(ROOT))

from app.storage import tenants  # noqa: E402
from app.storage.engine import Database  # noqa: E402
from app.storage.ledger import attempts  # noqa: E402
from app.storage.ledger.attempt_row import AttemptRow  # noqa: E402
from tests.end_to_end.resume_texts import resume_text  # noqa: E402
from tests.end_to_end.service import RunningService, database_url, running_service  # noqa: E402
from tests.scripted_model.behaviour import Behaviour, Step  # noqa: E402
from tests.scripted_model.server import ScriptedModel  # noqa: E402

WIDE: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}
JOB = """Requirements
- 5+ years of professional experience
- Python and PostgreSQL, Kafka or RabbitMQ
- Bachelor's degree in computer science
- Fluent English (C1)

Nice to have
- Kubernetes, German"""
LOOKS: tuple[tuple[str, ViewportSize, Literal["light", "dark"]], ...] = (
    ("", WIDE, "light"),
    ("-dark", WIDE, "dark"),
    ("-phone", PHONE, "light"),
)
SETTLE_MS = 1500  # until the pages of a PDF are drawn and scrolling has stopped
COLOURS = 200  # colors per picture: enough for text and charts, at a third of the size
DAYS = 21
DEAR_ANSWER = Behaviour(latency_seconds=0.05, prompt_tokens=7900, completion_tokens=2150, cached_tokens=0)


def main() -> int:
    with (
        ScriptedModel() as local,
        ScriptedModel() as hosted,
        tempfile.TemporaryDirectory(prefix="vitae-pictures-") as folder,
    ):
        Path(folder).chmod(0o755)
        for model in (local, hosted):
            model.script.replace(DEAR_ANSWER)
        environment = {
            "OPENAI_API_KEY": "not-a-real-key",
            "VITAE_ROUTING__CLIENTS": "GPT4o,LocalVLLM",
            "VITAE_CLIENTS__LOCALVLLM__BASE_URL": local.base_url,
            "VITAE_CLIENTS__GPT4O__BASE_URL": hosted.base_url,
        }
        with running_service(Path(folder), environment=environment, arguments=("--samples",)) as service:
            _wait_until_analysed(service)
            hosted.script.replace(Step(Behaviour("error", status=500), calls=7), DEAR_ANSWER)
            with service.http() as api:
                jonas = ROOT / "samples" / "jonas-lindvall.pdf"  # the first start uses only every second sample
                api.post("/v1/resumes", files=[("files", (jonas.name, jonas.read_bytes()))])
                passing = [("files", (f"cv-{number}.txt", resume_text(number))) for number in range(12)]
                made = api.post("/v1/resumes", files=passing).json()["resumes"]
                _wait_until_analysed(service)
                for item in made:
                    api.delete(f"/v1/resumes/{item['id']}")
            _invent_a_month(service)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
                _take_all(browser, service)
                browser.close()
    total = sum(path.stat().st_size for path in FOLDER.glob("*.png"))
    print(f"{len(list(FOLDER.glob('*.png')))} pictures, {total / 1024:.0f} KiB")
    return 0


def _wait_until_analysed(service: RunningService) -> None:
    with service.http() as api:
        while not api.get("/v1/resumes").json()["items"] or any(
            api.get("/v1/resumes", params={"status": status}).json()["items"]
            for status in ("queued", "extracting", "analysing")
        ):
            time.sleep(0.3)


def _invent_a_month(service: RunningService) -> None:
    """Requests that grow every day: most handled by GPT4o, some by a fallback, some by none."""
    dice = random.Random(7)  # noqa: S311 - pictures, not secrets
    database = Database(database_url(service), pool_size=1)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range(DAYS, 0, -1):
        with database.transaction() as tx:
            tenant_id = tenants.ensure_tenant(tx, "default")
            for _ in range(int((90 + 5 * (DAYS - day)) * dice.uniform(0.85, 1.15))):
                moment = today - timedelta(days=day) + timedelta(seconds=dice.uniform(6, 20) * 3600)
                for row in _attempts(dice, moment):
                    attempts.insert_attempt(tx, row, tenant_id=tenant_id, resume_id=None, analysis_id=uuid.uuid4())
    database.close()
    print("a month was invented", flush=True)


def _attempts(dice: random.Random, moment: datetime) -> list[AttemptRow]:
    tokens = (dice.randint(6800, 9000), dice.randint(1900, 2600))
    if dice.random() < 0.94:
        return [_attempt(1, "GPT4o", "gpt-4o", "ok", moment, tokens, (Decimal("2.5"), Decimal(10)))]
    failed = _attempt(1, "GPT4o", "gpt-4o", "timeout", moment, (tokens[0], 0), (Decimal("2.5"), Decimal(10)))
    prices = (Decimal("0.15"), Decimal("0.6"))
    return [failed, _attempt(2, "GPT4oMini", "gpt-4o-mini", "ok", moment, tokens, prices)]


def _attempt(
    number: int,
    client: str,
    model: str,
    outcome: str,
    moment: datetime,
    tokens: tuple[int, int],
    prices: tuple[Decimal, Decimal],
) -> AttemptRow:
    return AttemptRow(
        number=number,
        function="ExtractProfile",
        client=client,
        model=model,
        location="hosted",
        billing="per_token",
        prompt_version="pictures",
        outcome=outcome,
        http_status=200 if outcome == "ok" else None,
        error=None if outcome == "ok" else "first_token",
        started_at=moment,
        latency_ms=2300 if outcome == "ok" else 5000,
        input_tokens=tokens[0],
        cached_tokens=0,
        output_tokens=tokens[1],
        tokens_estimated=outcome != "ok",
        input_usd_per_million=prices[0],
        cached_input_usd_per_million=prices[0] / 2,
        output_usd_per_million=prices[1],
        price_source="genai-prices 0.2.3",
        cost_usd=(tokens[0] * prices[0] + tokens[1] * prices[1]) / 1_000_000,
        cost_basis="list_price",
    )


def _take_all(browser: Browser, service: RunningService) -> None:
    with service.http() as api:
        link = api.post("/v1/sign-in-links").raise_for_status().json()["path"]
        jonas = api.get("/v1/resumes", params={"q": "jonas lindvall"}).json()["items"][0]["id"]
    candidate = f"/candidates/{jonas}"
    with browser.new_context(viewport=WIDE) as context:
        page = context.new_page()
        page.goto(service.url + "/sign-in")
        # As a reader sees it who started Vitae in its folder, not with the path of this machine.
        page.evaluate("root => { document.body.innerHTML = document.body.innerHTML.replaceAll(root, '') }", f"{ROOT}/")
        _save(page, "sign-in")
        page.goto(service.url + link)
        state = context.storage_state()
    for look, viewport, scheme in LOOKS:
        with browser.new_context(storage_state=state, viewport=viewport, color_scheme=scheme) as context:
            page = context.new_page()
            for name in ("candidates", "upload", "match", "costs", "system"):
                page.goto(f"{service.url}/{name}")
                if name == "upload":
                    _upload_some(page)
                elif name == "match":
                    _rank(page)
                page.wait_for_timeout(SETTLE_MS)
                _save(page, f"{name}{look}")
            page.goto(service.url + candidate)
            if viewport is WIDE:  # on a phone the document is drawn only on request
                page.wait_for_selector(".sheet[data-drawn=yes]", state="attached")
                page.locator('[data-place="/basics/email"]').click()
            page.wait_for_timeout(SETTLE_MS)
            _save(page, f"candidate{look}")
    with browser.new_context(storage_state=state, viewport=WIDE) as context:
        page = context.new_page()
        page.goto(service.url + "/candidates?skills=Python&min_years=10&order=experience")
        page.locator("#rows .pick input").first.check()
        page.wait_for_timeout(SETTLE_MS)
        _save(page, "filters")
        page.goto(service.url + candidate)
        page.wait_for_selector(".sheet[data-drawn=yes]")
        page.locator('[data-value="/work/0/position"]').click()
        page.get_by_role("button", name="Correct: ").click()
        page.keyboard.type("Lead Data Scientist")
        page.wait_for_timeout(SETTLE_MS)
        _save(page, "correct")
        page.goto(f"{service.url}/review?candidate={jonas}")
        page.wait_for_selector(".sheet[data-drawn=yes]")
        page.locator(".question-row", has_text="Education 1").click()
        page.wait_for_timeout(SETTLE_MS)
        _save(page, "review")
        page.get_by_role("button", name="Names: shown").click()
        page.get_by_role("button", name="Blind: hide identities").click()
        page.wait_for_selector(".sheet[data-drawn=yes]")
        page.wait_for_timeout(SETTLE_MS)
        _save(page, "blind")


def _rank(page: Page) -> None:
    page.fill("#description", JOB)
    page.get_by_role("button", name="Rank candidates").click()
    page.locator(".ranking > li").first.wait_for()


def _upload_some(page: Page) -> None:
    names = ("jonas-lindvall.pdf", "oliver-tranmere.docx", "marcus-delhaye.txt")
    contents = {name: (ROOT / "samples" / name).read_bytes() for name in names}
    contents["holiday.zip"] = b"PK\x03\x04 nothing"
    page.locator("#files").set_input_files(
        [
            {"name": name, "mimeType": "application/octet-stream", "buffer": content}
            for name, content in contents.items()
        ]
    )
    # The pages' Content-Security-Policy forbids evaluating strings as code, so this waits for visible text.
    page.locator("#progress-words", has_text="with a problem").wait_for()


def _save(page: Page, name: str) -> None:
    picture = Image.open(io.BytesIO(page.screenshot()))
    print(name, flush=True)
    picture.convert("RGB").quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())
