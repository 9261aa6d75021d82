"""Webhooks from the event's transaction to a receiver on a real socket, with a real Postgres and Redis."""

import ipaddress
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook as Verifier

from app.clock import utc_now
from app.errors import Conflict, InputError, NotFound
from app.messaging.notices import Notices
from app.messaging.public_address import Network
from app.observability.metrics import WEBHOOK_CALLS, Tally
from app.pipeline.webhooks import manage_webhooks as use_cases
from app.pipeline.webhooks.deliver_webhooks import RetryPlan, WebhookDelivery
from app.pipeline.webhooks.send_webhook import WebhookSender
from app.storage import events, tenants, webhook_deliveries, webhooks
from app.storage.engine import Database
from app.storage.tables import events as events_table
from app.storage.tables import webhook_deliveries as deliveries_table
from app.storage.tables import webhooks as webhooks_table
from tests.contract.webhooks.receiver import Receiver, receiving
from tests.end_to_end.service import free_port

LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"),)
_WAIT_SECONDS = 30
RECEIVER = Path(__file__).resolve().parents[3] / "docs" / "examples" / "webhook_receiver.py"


@pytest.fixture
def tenant_id(database: Database) -> uuid.UUID:
    with database.transaction() as tx:
        return tenants.ensure_tenant(tx, f"tenant {uuid.uuid4()}")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def delivery(database: Database, redis_url: str) -> WebhookDelivery:
    sender = WebhookSender(utc_now, timeout_seconds=2.0, allowed_networks=LOOPBACK)
    return WebhookDelivery(
        database, Notices(redis_url), sender, RetryPlan(0.05, 0.2, 3600.0), timeout_seconds=2.0, at_once=16
    )


@pytest.fixture
def make(database: Database, tenant_id: uuid.UUID) -> Callable[..., tuple[webhooks.Webhook, str]]:
    def made(receiver: Receiver, kinds: tuple[str, ...] = webhooks.KINDS) -> tuple[webhooks.Webhook, str]:
        return use_cases.make_webhook(
            database, tenant_id, url=receiver.url, kinds=kinds, description=None, allowed=LOOPBACK
        )

    return made


def happen(database: Database, tenant_id: uuid.UUID, kind: str = "resume.done", count: int = 1) -> list[int]:
    with database.transaction() as tx:
        return [
            events.insert_event(tx, tenant_id, None, kind, {"id": str(uuid.uuid4()), "status": "done"}).id
            for _ in range(count)
        ]


def deliver_until(delivery: WebhookDelivery, done: Callable[[], bool]) -> None:
    end = time.monotonic() + _WAIT_SECONDS
    while not done():
        assert time.monotonic() < end, "not delivered in time"
        delivery.begin()
        delivery.settle(wait_seconds=0.05)


def states(database: Database, webhook_id: uuid.UUID) -> list[str]:
    with database.reading() as tx:
        rows = webhook_deliveries.list_deliveries(tx, webhook_id, state=None, before_event_id=None, limit=100)
    return [row.state for row in rows]


def backlog(database: Database) -> dict[str, int]:
    with database.reading() as tx:
        found = webhook_deliveries.count_backlog(tx)
    assert all(item.oldest_seconds >= 0 for item in found)
    return {item.wait: item.waiting for item in found}


def test_the_public_library_accepts_the_signature(
    database: Database, tenant_id: uuid.UUID, receiver: Receiver, delivery: WebhookDelivery,
    make: Callable[..., tuple[webhooks.Webhook, str]],
) -> None:  # fmt: skip
    _, secret = make(receiver)
    happen(database, tenant_id)
    deliver_until(delivery, lambda: len(receiver.received) == 1)
    got = receiver.received[0]
    assert Verifier(secret).verify(got.body, got.headers) == got.notice
    assert set(got.notice) == {"type", "timestamp", "data"}
    assert got.notice["data"]["links"]["self"] == f"/v1/resumes/{got.notice['data']['id']}"


def test_a_receiver_that_was_down_gets_every_event_once_it_is_back(
    database: Database, tenant_id: uuid.UUID, receiver: Receiver, delivery: WebhookDelivery,
    make: Callable[..., tuple[webhooks.Webhook, str]],
) -> None:  # fmt: skip
    hook, _ = make(receiver)
    receiver.status = 503
    happen(database, tenant_id, count=30)
    deliver_until(delivery, lambda: len(receiver.received) >= 5)
    with database.reading() as tx:
        failing = use_cases.get_webhook(tx, tenant_id, hook.id)
    assert failing.failing_since is not None
    receiver.received.clear()
    receiver.status = 200
    deliver_until(delivery, lambda: states(database, hook.id) == ["delivered"] * 30)
    assert len({one.headers["webhook-id"] for one in receiver.received}) == 30
    with database.reading() as tx:
        assert use_cases.get_webhook(tx, tenant_id, hook.id).failing_since is None


def test_deliveries_claimed_by_a_dead_scheduler_are_sent_by_another_under_the_same_id(
    database: Database, tenant_id: uuid.UUID, receiver: Receiver, delivery: WebhookDelivery,
    make: Callable[..., tuple[webhooks.Webhook, str]],
) -> None:  # fmt: skip
    hook, _ = make(receiver)
    happen(database, tenant_id)
    with database.transaction() as tx:
        claimed = webhook_deliveries.claim_due(tx, busy=[], each=4, at_most=10, lease_seconds=0.2)
    assert len(claimed) == 1
    deliver_until(delivery, lambda: states(database, hook.id) == ["delivered"])
    assert [one.headers["webhook-id"] for one in receiver.received] == [webhook_deliveries.message_id(claimed[0].id)]


def test_an_event_that_is_rolled_back_is_never_sent(
    database: Database, tenant_id: uuid.UUID, receiver: Receiver, delivery: WebhookDelivery,
    make: Callable[..., tuple[webhooks.Webhook, str]],
) -> None:  # fmt: skip
    hook, _ = make(receiver)

    def fail_in_the_middle() -> None:
        with database.transaction() as tx:
            events.insert_event(tx, tenant_id, None, "resume.done", {"id": "x"})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_in_the_middle()
    happen(database, tenant_id, "resume.failed")
    deliver_until(delivery, lambda: bool(receiver.received))
    assert (receiver.kinds(), states(database, hook.id)) == (["resume.failed"], ["delivered"])


def test_a_slow_receiver_does_not_delay_others(
    database: Database, tenant_id: uuid.UUID, receiver: Receiver, delivery: WebhookDelivery,
    make: Callable[..., tuple[webhooks.Webhook, str]],
) -> None:  # fmt: skip
    with receiving() as slow:
        slow.hang_seconds = 5.0  # longer than the limit of two seconds
        make(slow)
        quick, _ = make(receiver)
        happen(database, tenant_id, count=8)
        deliver_until(delivery, lambda: states(database, quick.id) == ["delivered"] * 8)
        assert slow.received == []
        slow.hang_seconds = 0.0


def test_a_webhook_gets_only_the_events_it_subscribes_to_and_only_of_its_tenant(
    database: Database, tenant_id: uuid.UUID, receiver: Receiver, delivery: WebhookDelivery,
    make: Callable[..., tuple[webhooks.Webhook, str]],
) -> None:  # fmt: skip
    make(receiver, ("resume.failed", "client.down"))
    with database.transaction() as tx:
        stranger = tenants.ensure_tenant(tx, f"stranger {uuid.uuid4()}")
    happen(database, stranger, "resume.failed")
    happen(database, tenant_id, "resume.done")
    happen(database, tenant_id, "resume.failed")
    with database.transaction() as tx:
        events.insert_event_for_every_tenant(tx, "client.down", {"client": "LocalVLLM"})
    deliver_until(delivery, lambda: len(receiver.received) == 2)
    assert sorted(receiver.kinds()) == ["client.down", "resume.failed"]


def test_a_gone_response_disables_the_webhook_at_once_and_shows_the_reason(
    database: Database, tenant_id: uuid.UUID, receiver: Receiver, delivery: WebhookDelivery,
    make: Callable[..., tuple[webhooks.Webhook, str]],
) -> None:  # fmt: skip
    hook, _ = make(receiver)
    receiver.status = 410
    happen(database, tenant_id)
    deliver_until(delivery, lambda: states(database, hook.id) == ["failed"])
    with database.reading() as tx:
        assert use_cases.get_webhook(tx, tenant_id, hook.id).disabled_reason == "gone"
        told = tx.execute(
            sa.select(events_table.c.kind).where(
                events_table.c.tenant_id == tenant_id, events_table.c.kind == "webhook.disabled"
            )
        ).all()
    assert len(told) == 1
    with pytest.raises(Conflict, match="is disabled"):
        use_cases.try_webhook(database, tenant_id, hook.id)


def test_redirects_are_not_followed(
    database: Database, tenant_id: uuid.UUID, receiver: Receiver, delivery: WebhookDelivery,
    make: Callable[..., tuple[webhooks.Webhook, str]],
) -> None:  # fmt: skip
    with receiving() as inner:
        receiver.status, receiver.headers = 302, {"Location": inner.url}
        hook, _ = make(receiver)
        happen(database, tenant_id)
        deliver_until(delivery, lambda: len(receiver.received) >= 2)
        assert inner.received == []
    with database.reading() as tx:
        [row] = webhook_deliveries.list_deliveries(tx, hook.id, state=None, before_event_id=None, limit=5)
    assert row.last_error == "redirected"


def test_a_name_that_resolves_to_an_internal_address_is_refused_at_delivery(
    database: Database, redis_url: str, tenant_id: uuid.UUID, receiver: Receiver,
    make: Callable[..., tuple[webhooks.Webhook, str]],
) -> None:  # fmt: skip
    hook, _ = make(receiver)  # created while private networks were allowed; the sender below allows none
    strict = WebhookDelivery(
        database,
        Notices(redis_url),
        WebhookSender(utc_now, timeout_seconds=2.0, allowed_networks=()),
        RetryPlan(0.05, 0.2, 3600.0),
        timeout_seconds=2.0,
        at_once=4,
    )
    happen(database, tenant_id)

    def refused() -> bool:
        with database.reading() as tx:
            rows = webhook_deliveries.list_deliveries(tx, hook.id, state=None, before_event_id=None, limit=5)
        return rows[0].last_error == "address_not_allowed"

    deliver_until(strict, refused)
    assert receiver.received == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook", "https://127.0.0.1/hook", "https://localhost/hook", "https://10.1.2.3/hook",
        "https://169.254.169.254/latest/meta-data", "https://[::1]/hook", "https://[::ffff:10.0.0.1]/hook",
        "https://[64:ff9b::a00:1]/hook", "https://user:word@example.com/hook", "ftp://example.com/", "nonsense",
    ],
)  # fmt: skip
def test_internal_addresses_are_refused_when_a_webhook_is_created(
    database: Database, tenant_id: uuid.UUID, url: str
) -> None:
    with pytest.raises(InputError, match="The url"):
        use_cases.make_webhook(database, tenant_id, url=url, kinds=["resume.done"], description=None, allowed=())


def test_replay_resends_one_delivery_or_all_since_a_time_including_missed_ones(
    database: Database, tenant_id: uuid.UUID, receiver: Receiver, delivery: WebhookDelivery,
    make: Callable[..., tuple[webhooks.Webhook, str]],
) -> None:  # fmt: skip
    since = datetime.now(UTC) - timedelta(minutes=1)
    happen(database, tenant_id)  # before there was a webhook
    hook, _ = make(receiver)
    happen(database, tenant_id)
    deliver_until(delivery, lambda: states(database, hook.id) == ["delivered"])
    first = receiver.received[0].headers["webhook-id"]
    with database.reading() as tx:
        [row] = webhook_deliveries.list_deliveries(tx, hook.id, state=None, before_event_id=None, limit=5)
    use_cases.replay_delivery(database, tenant_id, hook.id, row.id)
    deliver_until(delivery, lambda: len(receiver.received) == 2)
    assert receiver.received[1].headers["webhook-id"] == first
    assert use_cases.replay_since(database, tenant_id, hook.id, since, only_undelivered=True) == 1
    deliver_until(delivery, lambda: states(database, hook.id) == ["delivered"] * 2)
    assert use_cases.replay_since(database, tenant_id, hook.id, since, only_undelivered=False) == 2


def test_after_a_rotation_both_secrets_sign_until_the_overlap_ends(
    database: Database, tenant_id: uuid.UUID, receiver: Receiver, delivery: WebhookDelivery,
    make: Callable[..., tuple[webhooks.Webhook, str]],
) -> None:  # fmt: skip
    hook, old = make(receiver)
    _, new = use_cases.rotate_secret(database, tenant_id, hook.id, overlap_seconds=3600)
    happen(database, tenant_id)
    deliver_until(delivery, lambda: len(receiver.received) == 1)
    got = receiver.received[0]
    for secret in (old, new):
        Verifier(secret).verify(got.body, got.headers)


def test_another_tenants_webhook_is_not_found(
    database: Database, receiver: Receiver, make: Callable[..., tuple[webhooks.Webhook, str]]
) -> None:
    hook, _ = make(receiver)
    with pytest.raises(NotFound):
        use_cases.delete_webhook(database, uuid.uuid4(), hook.id)
    with database.reading() as tx, pytest.raises(NotFound):
        use_cases.get_webhook(tx, uuid.uuid4(), hook.id)


def test_deliveries_are_deleted_with_their_event(
    database: Database, tenant_id: uuid.UUID, receiver: Receiver, make: Callable[..., tuple[webhooks.Webhook, str]]
) -> None:
    make(receiver)
    [event_id] = happen(database, tenant_id)
    with database.transaction() as tx:
        tx.execute(sa.delete(events_table).where(events_table.c.id == event_id))
        left = tx.execute(sa.select(deliveries_table).where(deliveries_table.c.event_id == event_id)).all()
    assert left == []


def test_the_example_receiver_in_the_guide_verifies_signatures(
    database: Database, tenant_id: uuid.UUID, delivery: WebhookDelivery
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    hook, secret = use_cases.make_webhook(
        database, tenant_id, url=url, kinds=webhooks.KINDS, description=None, allowed=LOOPBACK
    )
    program = subprocess.Popen(
        [sys.executable, str(RECEIVER), str(port)],
        env=os.environ | {"VITAE_WEBHOOK_SECRET": secret},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        happen(database, tenant_id, "resume.failed")
        deliver_until(delivery, lambda: states(database, hook.id) == ["delivered"])
        assert program.stdout is not None
        assert program.stdout.readline().startswith("resume.failed")
        forged = httpx.post(url, content=b"{}", headers={"webhook-id": "x", "webhook-timestamp": "1"})
        assert forged.status_code == 401
    finally:
        program.kill()
        program.communicate()


def test_pending_deliveries_are_counted_by_reason_and_sent_ones_by_outcome(
    database: Database, redis_url: str, tenant_id: uuid.UUID, receiver: Receiver,
    make: Callable[..., tuple[webhooks.Webhook, str]],
) -> None:  # fmt: skip
    tally = Tally()
    sender = WebhookSender(utc_now, timeout_seconds=2.0, allowed_networks=LOOPBACK)
    plan = RetryPlan(0.05, 0.2, 3600.0)
    delivery = WebhookDelivery(database, Notices(redis_url), sender, plan, timeout_seconds=2.0, at_once=16, tally=tally)
    with database.transaction() as tx:
        tx.execute(sa.delete(webhooks_table))  # created by other tests
    with receiving() as failing, receiving() as off:
        failing.status = 503
        refused, _ = make(failing)
        switched_off, _ = make(off)
        happen(database, tenant_id, count=2)
        assert backlog(database) == {"due": 4}
        use_cases.change_webhook(
            database, tenant_id, switched_off.id,
            url=None, kinds=None, description=None, enabled=False, allowed=LOOPBACK,
        )  # fmt: skip
        deliver_until(delivery, lambda: len(failing.received) >= 2)
        assert backlog(database) == {"retrying": 2, "held": 2}
        make(receiver)
        happen(database, tenant_id)
        # The delivery to the failing receiver waits like those before it.
        assert backlog(database) == {"due": 1, "retrying": 3, "held": 2}
        failing.status = 204
        deliver_until(delivery, lambda: states(database, refused.id) == ["delivered"] * 3 and bool(receiver.received))
    assert backlog(database) == {"held": 2}
    counted = {labels: amount for (name, labels, _), amount in tally.take().items() if name == WEBHOOK_CALLS.name}
    assert counted[("delivered",)] == 4
    assert counted[("failed",)] >= 2
    receiver.status = 410
    happen(database, tenant_id)
    deliver_until(delivery, lambda: ("given_up",) in {labels for _, labels, _ in tally.take()})
