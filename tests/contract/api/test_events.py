"""Server-sent events on a real socket: the current state, every change in order, and an end."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import redis
from starlette.testclient import TestClient

from app.api.live_events import LiveEvents
from app.errors import EncryptedDocument
from app.main import create_app
from app.messaging.notices import Notices
from app.storage import events, resumes
from app.storage.engine import Database
from app.storage.profiles.partial_profiles import PartialProfile
from app.wiring.api_parts import ApiParts
from tests.contract.api.conftest import FAST, Tenant, make_parts, serving
from tests.contract.api.event_reader import listening
from tests.contract.api.pipeline import EVIDENCE, Pipeline

Upload = Callable[..., str]


def test_a_stream_sends_the_state_and_every_change_and_ends(
    served: str, tenant: Tenant, upload: Upload, pipeline: Pipeline
) -> None:
    resume_id = upload(tenant)
    with listening(f"{served}/v1/resumes/{resume_id}/events", tenant.read) as stream:
        assert stream.response.status_code == 200
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert stream.response.headers["cache-control"] == "no-store"
        first = stream.next()
        assert first is not None
        assert (first.kind, first.data) == ("resume.queued", {"id": resume_id, "status": "queued"})
        pipeline.finish(resume_id, degraded=True)
        rest = stream.rest()
    assert [event.kind for event in rest] == ["resume.extracting", "resume.analysing", "resume.done"]
    assert rest[-1].data["degraded"] is True
    ids = [int(event.id or 0) for event in (first, *rest)]
    assert ids == sorted(set(ids))


NAME, EMPLOYER = "Ilse Varga", "Brightwater Mills"
SO_FAR = PartialProfile(
    "LocalVLLM",
    {"basics": {"name": NAME, "label": f"Engineer ({NAME})"}, "work": [{"name": EMPLOYER}]},
    {"/basics/name": EVIDENCE["/basics/name"], "/work/0/name": {**EVIDENCE["/basics/name"], "quote": EMPLOYER}},
)


@pytest.mark.parametrize("seen", ["", "?blind=true", "?blind=true&hide_schools=true"])
def test_a_stream_sends_partial_profiles(
    served: str, tenant: Tenant, upload: Upload, pipeline: Pipeline, parts: ApiParts, seen: str
) -> None:
    resume_id = upload(tenant)
    with (
        listening(f"{served}/v1/resumes/{resume_id}/events{seen}", tenant.read) as stream,
        listening(f"{served}/v1/events", tenant.read) as everything,
    ):
        assert (first := stream.next()) is not None
        pipeline.hand_on(pipeline.begin_extraction(resume_id))
        _wait_until(lambda: parts.notices.find_watched([uuid.UUID(resume_id)]) != set())
        claim = pipeline.say_so_far(resume_id, SO_FAR)
        told = [stream.next() for _ in range(3)]
        with listening(f"{served}/v1/resumes/{resume_id}/events{seen}", tenant.read) as later:
            assert [event.kind for event in (later.next(), later.next()) if event] == ["resume.analysing", "partial"]
        pipeline.finish_analysis(resume_id, claim=claim)
        rest = stream.rest()
        elsewhere = [everything.next() for _ in range(4)]
    partial = told[-1]
    assert partial is not None
    assert (partial.kind, partial.id) == ("partial", None), "the id of the last event stays the browser's"
    assert (partial.data["id"], partial.data["client"]) == (resume_id, "LocalVLLM")
    if not seen:
        assert partial.data["profile"] == SO_FAR.profile
        assert partial.data["evidence"] == SO_FAR.evidence
    elif "schools" in seen:
        assert partial.data["profile"] is None
    else:
        assert partial.data["profile"] == {"basics": {"label": "Engineer ([name])"}, "work": [{"name": EMPLOYER}]}
        assert NAME not in str(partial.data)
    assert [event.kind for event in rest] == ["resume.done"]
    assert int(first.id or 0) < int(rest[0].id or 0)
    assert "partial" not in [event.kind for event in elsewhere if event]


def test_partial_profiles_contain_corrections(
    client: TestClient, served: str, tenant: Tenant, upload: Upload, pipeline: Pipeline
) -> None:
    resume_id = upload(tenant)
    pipeline.finish(resume_id)
    address, headers = f"/v1/resumes/{resume_id}", tenant.headers()
    assert (
        client.patch(f"{address}/profile", headers=headers, json={"basics": {"name": "Ilse Berg"}}).status_code == 200
    )
    assert client.post(f"{address}/reanalyse", headers=headers).status_code == 202
    pipeline.hand_on(pipeline.begin_extraction(resume_id))
    pipeline.say_so_far(resume_id, SO_FAR)
    with listening(f"{served}{address}/events", tenant.read) as stream:
        _, partial = stream.next(), stream.next()
    assert partial is not None
    assert partial.data["profile"]["basics"]["name"] == "Ilse Berg"
    assert partial.data["evidence"]["/basics/name"]["document_value"] == NAME


def test_a_failure_ends_the_stream_with_its_code(
    served: str, tenant: Tenant, upload: Upload, pipeline: Pipeline
) -> None:
    resume_id = upload(tenant)
    with listening(f"{served}/v1/resumes/{resume_id}/events", tenant.read) as stream:
        stream.next()
        pipeline.fail(resume_id, EncryptedDocument("No."))
        last = stream.rest()[-1]
    assert (last.kind, last.data["problem"]) == ("resume.failed", "document_encrypted")


def test_a_finished_resume_sends_its_state_and_ends_and_a_reconnect_is_told_to_stop(
    served: str, tenant: Tenant, upload: Upload, pipeline: Pipeline
) -> None:
    done, failed = upload(tenant), upload(tenant)
    pipeline.finish(done)
    pipeline.fail(failed, EncryptedDocument("No."))
    with listening(f"{served}/v1/resumes/{done}/events", tenant.read) as stream:
        (only,) = stream.rest()
    assert (only.kind, only.data) == ("resume.done", {"id": done, "status": "done", "degraded": False})
    with listening(f"{served}/v1/resumes/{failed}/events", tenant.read) as stream:
        (other,) = stream.rest()
    assert other.data == {"id": failed, "status": "failed", "problem": "document_encrypted"}
    with listening(f"{served}/v1/resumes/{done}/events", tenant.read, only.id) as stream:
        assert stream.response.status_code == 204


def test_a_change_without_an_event_is_still_noticed(
    served: str, tenant: Tenant, upload: Upload, database: Database
) -> None:
    resume_id = upload(tenant)
    with listening(f"{served}/v1/resumes/{resume_id}/events", tenant.read) as stream:
        stream.next()
        with database.transaction() as tx:
            resumes.set_status(tx, uuid.UUID(resume_id), "extracting")
        seen = stream.next()
        assert seen is not None
        assert seen.data == {"id": resume_id, "status": "extracting"}


def test_changes_are_noticed_without_redis(
    database_url: str, tenant: Tenant, upload: Upload, database: Database, tmp_path: Path
) -> None:
    """The rows are authoritative; a notification only makes it faster."""
    nowhere = "redis://127.0.0.1:1/0"
    resume_id = upload(tenant)
    silent = Pipeline(database, Notices(nowhere))
    with (
        serving(create_app(make_parts(database_url, nowhere, tmp_path), FAST)) as url,
        listening(f"{url}/v1/resumes/{resume_id}/events", tenant.read) as stream,
    ):
        stream.next()
        silent.finish(resume_id)
        assert [event.kind for event in stream.rest()] == ["resume.extracting", "resume.analysing", "resume.done"]


def test_a_broken_redis_connection_does_not_end_a_stream(
    served: str, redis_url: str, tenant: Tenant, upload: Upload, pipeline: Pipeline
) -> None:
    resume_id = upload(tenant)
    with listening(f"{served}/v1/resumes/{resume_id}/events", tenant.read) as stream:
        stream.next()
        with redis.Redis.from_url(redis_url) as admin:
            admin.client_kill_filter(_type="pubsub")
        pipeline.finish(resume_id)
        assert stream.rest()[-1].kind == "resume.done"


def test_a_silent_stream_is_kept_alive_and_ends_when_the_resume_is_erased(
    client: TestClient, served: str, tenant: Tenant, upload: Upload
) -> None:
    resume_id = upload(tenant)
    with listening(f"{served}/v1/resumes/{resume_id}/events", tenant.read) as stream:
        stream.next()
        stream.skip_to_comment()
        client.delete(f"/v1/resumes/{resume_id}", headers=tenant.headers())
        (last,) = stream.rest()
    assert (last.kind, last.data) == ("resume.deleted", {"id": resume_id})


def test_a_stream_ends_when_its_key_is_revoked(client: TestClient, served: str, tenant: Tenant, upload: Upload) -> None:
    made = client.post("/v1/keys", headers=tenant.headers("admin"), json={"name": "n", "scopes": ["read"]}).json()
    resume_id = upload(tenant)
    with (
        listening(f"{served}/v1/resumes/{resume_id}/events", made["key"]) as one,
        listening(f"{served}/v1/events", made["key"]) as everything,
    ):
        one.next()
        everything.next()
        client.delete(f"/v1/keys/{made['id']}", headers=tenant.headers("admin"))
        assert one.rest() == []
        assert everything.rest() == []


def test_the_stream_of_a_tenant_has_only_its_own_events_and_can_be_resumed(
    served: str, tenant: Tenant, other: Tenant, upload: Upload, pipeline: Pipeline
) -> None:
    with listening(f"{served}/v1/events", tenant.read) as stream:
        ready = stream.next()
        assert ready is not None
        assert ready.kind == "ready"
        foreign = upload(other)
        pipeline.finish(foreign)
        mine = upload(tenant)
        first = stream.next()
        assert first is not None
        assert (first.kind, first.data["id"]) == ("resume.queued", mine)
        assert first.data["at"]
    pipeline.finish(mine)
    late = upload(tenant)
    with listening(f"{served}/v1/events", tenant.read, first.id) as stream:
        received = [stream.next() for _ in range(5)]
        later = upload(tenant)
        received.append(stream.next())
    kinds = [(event.kind, event.data.get("id")) for event in received if event]
    assert kinds == [
        ("ready", None),
        ("resume.extracting", mine),
        ("resume.analysing", mine),
        ("resume.done", mine),
        ("resume.queued", late),
        ("resume.queued", later),
    ]


def write(database: Database, tenant: Tenant, count: int, name: str) -> None:
    for number in range(count):
        with database.transaction() as tx:
            events.insert_event(tx, tenant.id, None, "resume.done", {"id": f"{name} {number}"})


def test_an_event_committed_while_disconnected_is_not_lost(served: str, tenant: Tenant, database: Database) -> None:
    """Its id is lower than that of the last event read, because its transaction began first and committed last."""
    with database.transaction() as slow:
        with listening(f"{served}/v1/events", tenant.read) as stream:
            stream.next()
            early = events.insert_event(slow, tenant.id, None, "resume.done", {"id": "early"})
            write(database, tenant, 1, "quick")
            last = stream.next()
        assert last is not None
        assert last.data["id"] == "quick 0"
        assert early.id < int(last.id or 0)
    write(database, tenant, 1, "after")
    with listening(f"{served}/v1/events", tenant.read, last.id) as stream:
        received = [stream.next() for _ in range(3)]
    assert [event.data.get("id") for event in received if event] == [None, "early", "after 0"]


def test_an_event_of_a_long_transaction_reaches_the_listeners(served: str, tenant: Tenant, database: Database) -> None:
    many = 400
    with listening(f"{served}/v1/events", tenant.read) as stream:
        stream.next()
        with database.transaction() as slow:
            events.insert_event(slow, tenant.id, None, "resume.done", {"id": "early"})
            write(database, tenant, many, "quick")
            quick = [stream.next() for _ in range(many)]
        late = stream.next()
        write(database, tenant, 1, "after")
        after = stream.next()
    assert [event.data["id"] for event in quick if event] == [f"quick {number}" for number in range(many)]
    assert [event.data["id"] for event in (late, after) if event] == ["early", "after 0"]


def test_a_replay_over_several_pages_has_every_event_once(served: str, tenant: Tenant, database: Database) -> None:
    with listening(f"{served}/v1/events", tenant.read) as stream:
        ready = stream.next()
    assert ready is not None
    write(database, tenant, 1100, "event")
    with listening(f"{served}/v1/events", tenant.read, ready.id) as stream:
        received = [stream.next() for _ in range(1101)]
    assert [event.data["id"] for event in received[1:] if event] == [f"event {number}" for number in range(1100)]


@pytest.mark.parametrize("last_event_id", ["x", "-1", "1.5", "9" * 19, "9" * 41, "²"])
def test_an_impossible_last_event_id_is_rejected(client: TestClient, tenant: Tenant, last_event_id: str) -> None:
    headers = {**tenant.headers(), "Last-Event-ID": last_event_id.encode("latin-1")}
    answer = client.get("/v1/events", headers=headers)  # pyright: ignore[reportArgumentType]
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"


def test_many_listeners_share_one_subscription_and_leave_nothing_behind(
    database_url: str, redis_url: str, tenant: Tenant, upload: Upload, pipeline: Pipeline, tmp_path: Path
) -> None:
    resume_id = upload(tenant)
    app = create_app(make_parts(database_url, redis_url, tmp_path), FAST)

    def subscriptions() -> int:
        with redis.Redis.from_url(redis_url) as admin:
            ((_, count),) = admin.pubsub_numsub(f"vitae:events:{tenant.id}")
        return int(count)

    with serving(app) as url, ExitStack() as stack:
        streams = [
            stack.enter_context(listening(f"{url}/v1/resumes/{resume_id}/events", tenant.read)) for _ in range(100)
        ]
        for stream in streams:
            assert stream.next() is not None
        assert subscriptions() == 1
        pipeline.finish(resume_id)
        assert {stream.rest()[-1].kind for stream in streams} == {"resume.done"}
        _wait_until(lambda: app.state.live.follower_count == 0 and subscriptions() == 0)


def test_a_client_that_disconnects_is_forgotten(
    database_url: str, redis_url: str, tenant: Tenant, tmp_path: Path
) -> None:
    app = create_app(make_parts(database_url, redis_url, tmp_path), FAST)
    with serving(app) as url:
        with listening(f"{url}/v1/events", tenant.read) as stream:
            stream.next()
            assert app.state.live.follower_count == 1
        _wait_until(lambda: app.state.live.follower_count == 0)


def test_the_service_stops_at_once_although_streams_are_open(
    database_url: str, redis_url: str, tenant: Tenant, upload: Upload, tmp_path: Path
) -> None:
    resume_id = upload(tenant)
    ended = threading.Event()
    connected = threading.Event()

    def follow(url: str) -> None:
        with listening(f"{url}/v1/resumes/{resume_id}/events", tenant.read) as stream:
            stream.next()
            connected.set()
            assert stream.rest() == []
        ended.set()

    with serving(create_app(make_parts(database_url, redis_url, tmp_path), FAST)) as url:
        follower = threading.Thread(target=follow, args=(url,))
        follower.start()
        assert connected.wait(10)
    # The stream ended cleanly instead of being cut off, and the server's thread has ended (`serving` checks it).
    follower.join(10)
    assert ended.is_set()


def _wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def test_streams_and_requests_do_not_starve_each_other(
    served: str, tenant: Tenant, upload: Upload, parts: ApiParts
) -> None:
    """With more streams than threads and database connections, ordinary requests still succeed."""
    resume_id = upload(tenant)
    with ExitStack() as stack:
        for _ in range(parts.settings.server.threads * 2):
            stream = stack.enter_context(listening(f"{served}/v1/resumes/{resume_id}/events", tenant.read))
            assert stream.next() is not None
        for _ in range(5):
            answer = httpx.get(f"{served}/v1/resumes/{resume_id}", headers=tenant.headers(), timeout=10)
            assert answer.status_code == 200


def test_a_listener_that_connects_during_shutdown_is_ended_at_once(parts: ApiParts, tenant: Tenant) -> None:
    async def run() -> bool:
        live = LiveEvents(parts.database, parts.redis_url, look_again_seconds=5)
        live.close()
        async with live.listening(tenant.id) as listener:
            return listener.ended

    assert asyncio.run(run())
