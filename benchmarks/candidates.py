"""Times the list of candidates at 10,000 and 1,000,000 resumes: first, deep and search pages, without a network.

`python -m benchmarks.candidates` starts its own Postgres and Redis, fills the tables with SQL (a few minutes for a
million), calls the API and the dashboard in its process, and prints the table in benchmarks/pages.md.
"""

import argparse
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from starlette.testclient import TestClient

from app.embedded.stack import EmbeddedStack
from app.main import create_app
from app.settings import load_settings
from app.storage import tenants
from app.storage.engine import Database
from app.storage.profiles.resume_list import Order, encode_cursor
from app.wiring.api_parts import build_api_parts
from migrations.migrate import migrate

_SIZES = (10_000, 1_000_000)
_TIMES = 40

# A profile has 110 words (the samples have 60 to 190) and 12 skills, out of 30,000 each, drawn by a power law as in
# natural language: the most frequent are in every third profile, the rarest in a handful. The texts of 30,000 profiles
# are drawn and then reused; each person's name is unique.
_TEXTS = """
create unlogged table texts as
select n, (
    select array_agg(distinct 'word' || power(30000, random())::integer)
    from generate_series(1, 110) where n > 0
  ) as words, (
    select array_agg(distinct '=s:skill ' || power(30000, random())::integer)
    from generate_series(1, 12) where n > 0
  ) as skills
from generate_series(1, 30000) as n;
alter table texts add primary key (n);
"""
_RESUMES = """
insert into resumes (
  id, tenant_id, document_id, filename, privacy, priority, status, degraded, candidate_name, client, sort_name,
  experience_months, language, search, created_at
)
select gen_random_uuid(), %(tenant)s, %(document)s, 'resume-' || i || '.pdf', 'any', 'interactive',
  case when i %% 50 = 0 then 'failed' else 'done' end, i %% 1000 = 1, 'Person ' || md5(i::text), client,
  'person ' || md5(i::text), months, language,
  array_to_tsvector(words || skills || array_remove(
    array['person', md5(i::text), '=l:' || language, '=c:' || client, case when i %% 1000 = 1 then '=d' end]
    || array(select '=y:' || y from unnest(array[2, 5, 10, 15, 20, 30]) as y where months >= 12 * y), null)),
  now() - i * interval '1 minute'
from (
  select i, (array['LocalVLLM', 'GPT4o', 'builtin'])[1 + i %% 3] as client,
    case when i %% 50 > 0 then (random() * random() * 480)::integer end as months,
    (array['en', 'de', 'fr', 'es', 'pl', 'nl', 'sv', 'ja'])[1 + (random() * random() * random() * 7)::integer]
    as language
  from generate_series(1::bigint, %(rows)s) as i
) as people join texts on n = 1 + (i * 7919) %% 30000
"""
_ANALYSES = """
insert into analyses (
  id, tenant_id, resume_id, document_id, number, privacy, priority, fresh, status, finished_at, client, profile, problem
)
select gen_random_uuid(), tenant_id, id, document_id, 1, 'any', 'interactive', false, status, created_at, client,
  case when status = 'done' then jsonb_build_object(
    'basics', jsonb_build_object('name', candidate_name, 'location', jsonb_build_object('city', 'Lund')),
    'work', jsonb_build_array(jsonb_build_object('name', 'Loom & Co', 'position', 'Weaver', 'startDate', '2019-03')),
    'x-vitae', jsonb_build_object('total_experience_months', experience_months)
  ) end,
  case when status = 'failed' then '{"code": "no_text", "title": "The document has no readable text"}'::jsonb end
from resumes
"""
# Title -> query string. A deep page starts behind a cursor in the last hundredth of the list.
_QUERIES = {
    "first page": "",
    "deep page": "deep",
    "by name": "order=name",
    "by name, deep page": "order=name&deep",
    "by experience": "order=experience",
    "by experience, deep page": "order=experience&deep",
    "failed": "status=failed",
    "degraded": "degraded=true",
    "Swedish": "language=sv",
    "search, frequent word": "q=word1",
    "search, frequent word, deep page": "q=word1&deep",
    "search, start of a word": "q=word29",
    "search, rare word": "q=word29111",
    "search, one person": "q={person}",
    "search, no such word": "q=nowhere",
    "search, two words": "q=word12+word1500",
    "search, rare word by name": "q=word29111&order=name",
    "skill, rare": "skill=skill+28000",
    "skill, frequent": "skill=skill+2",
    "skill, years and language": "skill=skill+40&min_years=10&language=de",
    "years from 38 to 39": "min_years=38&max_years=39",
    "all filters at once": "q=word20&skill=skill+9&min_years=5&max_years=20&language=fr&client=GPT4o&status=done",
}


@dataclass
class _List:
    rows: int
    client: TestClient
    headers: dict[str, str]
    addresses: dict[str, str]
    filled_seconds: float
    times: dict[str, list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES, help="resumes in the list")
    sizes: list[int] = parser.parse_args().sizes
    with tempfile.TemporaryDirectory(prefix="vitae-bench-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedStack(Path(folder) / "data", keep_data=False) as stack, ExitStack() as open_clients:
            lists = [_fill(stack, rows, Path(folder), open_clients) for rows in sizes]
            for turn in range(_TIMES + 3):  # the first rounds are a warm-up
                for each in lists:
                    for name, address in each.addresses.items():
                        milliseconds = _time_request(each, address)
                        if turn >= 3:
                            each.times[name].append(milliseconds)
    print(f"| | {' | '.join(f'{rows:,} resumes' for rows in sizes)} |")
    print(f"|---|{'---:|' * len(sizes)}")
    print(f"| filled | {' | '.join(f'in {each.filled_seconds:.0f} s' for each in lists)} |")
    for name in lists[0].addresses:
        cells = [_cell(each.times[name]) for each in lists]
        print(f"| {name}, median / p95 | {' | '.join(cells)} |")
    cells = [_cell([ms for times in each.times.values() for ms in times]) for each in lists]
    print(f"| all of the above, median / p95 | {' | '.join(cells)} |")


def _cell(times: list[float]) -> str:
    quantiles = statistics.quantiles(times, n=20)
    return f"{quantiles[9]:.0f} / {quantiles[-1]:.0f} ms"


def _time_request(measured: _List, address: str) -> float:
    begun = time.perf_counter()
    measured.client.get(address, headers=measured.headers).raise_for_status()
    return (time.perf_counter() - begun) * 1000


def _fill(stack: EmbeddedStack, rows: int, folder: Path, open_clients: ExitStack) -> _List:
    name = f"bench_{rows}"
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    base, _, _ = stack.database_url.partition("?")
    url = f"{base.rsplit('/', 1)[0]}/{name}"
    migrate(url)
    database = Database(url, pool_size=1)
    with database.transaction() as tx:
        tenant_id = tenants.ensure_tenant(tx, "benchmark")
        _, key = tenants.create_key(tx, tenant_id, "benchmark", ["admin"])
    database.close()
    begun = time.perf_counter()
    with psycopg.connect(url, autocommit=True) as connection:
        _load(connection, {"tenant": tenant_id, "rows": rows})
    seconds = time.perf_counter() - begun
    overrides = {
        "storage.data_dir": str(folder / name),
        "storage.database_url": url,
        "storage.redis_url": stack.redis_url,
    }
    loaded = load_settings(root=folder, environment={}, overrides=overrides)
    parts = build_api_parts(loaded)
    client = open_clients.enter_context(TestClient(create_app(parts)))
    headers = {"Authorization": f"Bearer {key}"}
    client.get(client.post("/v1/sign-in-links", headers=headers).json()["path"])
    addresses = _addresses(client, parts.database, headers, rows)
    return _List(rows, client, headers, addresses, seconds, {address: [] for address in addresses})


def _load(connection: psycopg.Connection, values: dict[str, Any]) -> None:
    """Drops indexes first and creates them again afterwards, which takes a tenth of the time."""
    connection.execute("set maintenance_work_mem = '1GB'")
    connection.execute("set synchronous_commit = off")
    kept = connection.execute(
        "select indexname, indexdef from pg_indexes "
        "where tablename in ('resumes', 'analyses') and indexname like 'ix_%'"
    ).fetchall()
    for name, _ in kept:
        connection.execute(f"drop index {name}".encode())
    for statement in _TEXTS.split(";"):
        connection.execute(statement.encode())
    values["document"] = connection.execute(
        "insert into documents (id, tenant_id, sha256, size_bytes, media_type) "
        "values (gen_random_uuid(), %(tenant)s, repeat('0', 64), 10, 'text/plain') returning id",
        values,
    ).fetchall()[0][0]
    connection.execute(_RESUMES, values)
    connection.execute(_ANALYSES)
    for _, definition in kept:
        connection.execute(definition.encode())
    connection.execute("vacuum analyze")


def _addresses(client: TestClient, database: Database, headers: dict[str, str], rows: int) -> dict[str, str]:
    addresses: dict[str, str] = {}
    person = client.get("/v1/resumes?limit=1", headers=headers).json()["items"][0]["candidate_name"].split()[1]
    for name, query in _QUERIES.items():
        parameters = query.format(person=person).replace("&deep", "").replace("deep", "")
        if "deep" in query:
            parameters += "&cursor=" + _deep_cursor(database, parameters, rows)
        addresses[name] = f"/v1/resumes?{parameters.lstrip('&')}"
    for name, query in (("first", ""), ("search", "?q=word1"), ("rare", "?q=word29111")):
        addresses[f"dashboard page, {name}"] = f"/candidates{query}"
    return addresses


def _deep_cursor(database: Database, query: str, rows: int) -> str:
    """The cursor at the start of the last hundredth of the list."""
    order: Order = "name" if "order=name" in query else "experience" if "order=experience" in query else "newest"
    sorting = {
        "newest": ("to_char(created_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US+00:00')", "created_at desc, id desc"),
        "name": ("sort_name", "sort_name, id"),
        "experience": ("coalesce(experience_months, -1)", "coalesce(experience_months, -1) desc, id desc"),
    }[order]
    with database.reading() as tx:
        key, resume_id = tx.exec_driver_sql(
            f"select {sorting[0]}, id from resumes order by {sorting[1]} offset {rows - rows // 100} limit 1"  # noqa: S608
        ).one()
    return encode_cursor(order, key, resume_id)


if __name__ == "__main__":
    main()
