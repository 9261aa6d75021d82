# noqa: INP001 - a script for containers, no package
"""Health check of a container: `python deploy/alive.py api|worker|scheduler`, exit status 0 when it is alive.

Called by the Dockerfile and docker-compose.yml. What a zero proves:
  api        its HTTP server answers `/healthz`.
  worker     the loop that takes messages from Redis turns and its connection lives: through a subscription that every
             Celery worker holds, that loop sends a ping every ten seconds. A worker with all its slots busy is alive.
  scheduler  it reached Postgres in the last sweeps.
It never proves that a resume gets done; `/readyz` and the metrics speak of that. A check costs about 0.3 s of CPU.
"""

import sys
import urllib.request

from app.errors import VitaeError
from app.settings import Settings, load_settings

# Several pings of Celery's broker connection (`health_check_interval` in app.messaging.broker): a machine may be busy.
WORKER_SILENCE_SECONDS = 60
SCHEDULER_SILENCE_SECONDS = 60
TIMEOUT_SECONDS = 8  # of the 10 and 15 that Kubernetes and docker-compose.yml allow


def main(arguments: list[str]) -> int:
    checks = {"api": check_api, "worker": check_worker, "scheduler": check_scheduler}
    if len(arguments) != 1 or arguments[0] not in checks:
        sys.stderr.write(f"usage: alive.py {'|'.join(checks)}\n")
        return 2
    try:
        complaint = checks[arguments[0]](load_settings().settings)
    except VitaeError as error:
        complaint = error.detail
    except Exception as error:  # noqa: BLE001 - whatever it is, the container is not known to be alive
        # The name alone: the text could hold the address with its password.
        complaint = f"The check could not be made: {type(error).__name__}."
    if complaint:
        sys.stderr.write(f"{complaint}\n")
    return 1 if complaint else 0


def check_api(settings: Settings) -> str | None:
    url = f"http://127.0.0.1:{settings.server.port}/healthz"
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:
        return None if response.status == 200 else f"{url} answered {response.status}."


def check_worker(settings: Settings) -> str | None:
    import redis  # noqa: PLC0415 - the other checks do without

    client = redis.Redis.from_url(
        settings.redis_url,
        socket_connect_timeout=TIMEOUT_SECONDS,
        socket_timeout=TIMEOUT_SECONDS,
        decode_responses=True,
    )
    own = _host(str(client.client_info()["addr"]))
    silences = [int(c["idle"]) for c in client.client_list(_type="pubsub") if _host(str(c["addr"])) == own]
    if not silences:
        return "The worker has no subscription at Redis: it is starting, reconnecting or dead."
    if min(silences) > WORKER_SILENCE_SECONDS:
        return f"The worker's loop has been silent for {min(silences)} seconds."
    return None


def check_scheduler(settings: Settings) -> str | None:
    import psycopg  # noqa: PLC0415 - the other checks do without

    allowed = max(SCHEDULER_SILENCE_SECONDS, 4 * settings.workers.sweep_seconds)
    with psycopg.connect(settings.database_url, connect_timeout=TIMEOUT_SECONDS) as connection:
        found = connection.execute(
            "select extract(epoch from now() - max(state_change)) from pg_stat_activity"
            " where application_name = 'vitae-scheduler' and client_addr is not distinct from inet_client_addr()"
        ).fetchone()
    if found is None or found[0] is None:
        return "The scheduler has no session at Postgres: it is starting, reconnecting or dead."
    if found[0] > allowed:
        return f"The scheduler has not spoken to Postgres for {found[0]:.0f} seconds."
    return None


def _host(address: str) -> str:
    return address.rpartition(":")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
