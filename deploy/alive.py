# noqa: INP001 - a script for containers, not a package
"""Health check of a container: `python deploy/alive.py api|worker|scheduler` exits with 0 if the process is alive.

Called by the Dockerfile and docker-compose.yml. Exit status 0 proves:
  api        Its HTTP server responds to `/healthz`.
  worker     The loop that takes messages from Redis is running and connected: every Celery worker holds a subscription,
             over which that loop sends a ping every ten seconds. A worker with all slots busy is alive.
  scheduler  It reached Postgres in the last few sweeps.
It never proves that resumes are being processed; use `/readyz` and the metrics for that. A check takes about 0.3 s
of CPU.
"""

import sys
import urllib.request

from app.errors import VitaeError
from app.settings import Settings, load_settings

# Several pings of Celery's broker connection (`health_check_interval` in app.messaging.broker), for busy machines.
WORKER_SILENCE_SECONDS = 60
SCHEDULER_SILENCE_SECONDS = 60
TIMEOUT_SECONDS = 8  # less than the 10 s and 15 s that Kubernetes and docker-compose.yml allow


def main(arguments: list[str]) -> int:
    checks = {"api": check_api, "worker": check_worker, "scheduler": check_scheduler}
    if len(arguments) != 1 or arguments[0] not in checks:
        sys.stderr.write(f"usage: alive.py {'|'.join(checks)}\n")
        return 2
    try:
        problem = checks[arguments[0]](load_settings().settings)
    except VitaeError as error:
        problem = error.detail
    except Exception as error:  # noqa: BLE001 - on any error, the container is not known to be alive
        # Only the type, because the text could contain the URL with its password.
        problem = f"The check failed: {type(error).__name__}."
    if problem:
        sys.stderr.write(f"{problem}\n")
    return 1 if problem else 0


def check_api(settings: Settings) -> str | None:
    url = f"http://127.0.0.1:{settings.server.port}/healthz"
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:
        return None if response.status == 200 else f"{url} returned {response.status}."


def check_worker(settings: Settings) -> str | None:
    import redis  # noqa: PLC0415 - not needed by the other checks

    client = redis.Redis.from_url(
        settings.redis_url,
        socket_connect_timeout=TIMEOUT_SECONDS,
        socket_timeout=TIMEOUT_SECONDS,
        decode_responses=True,
    )
    own = _host(str(client.client_info()["addr"]))
    silences = [int(c["idle"]) for c in client.client_list(_type="pubsub") if _host(str(c["addr"])) == own]
    if not silences:
        return "The worker has no Redis subscription: it is starting, reconnecting or dead."
    if min(silences) > WORKER_SILENCE_SECONDS:
        return f"The worker's loop has been silent for {min(silences)} seconds."
    return None


def check_scheduler(settings: Settings) -> str | None:
    import psycopg  # noqa: PLC0415 - not needed by the other checks

    allowed = max(SCHEDULER_SILENCE_SECONDS, 4 * settings.workers.sweep_seconds)
    with psycopg.connect(settings.database_url, connect_timeout=TIMEOUT_SECONDS) as connection:
        found = connection.execute(
            "select extract(epoch from now() - max(state_change)) from pg_stat_activity"
            " where application_name = 'vitae-scheduler' and client_addr is not distinct from inet_client_addr()"
        ).fetchone()
    if found is None or found[0] is None:
        return "The scheduler has no Postgres session: it is starting, reconnecting or dead."
    if found[0] > allowed:
        return f"The scheduler has not contacted Postgres for {found[0]:.0f} seconds."
    return None


def _host(address: str) -> str:
    return address.rpartition(":")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
