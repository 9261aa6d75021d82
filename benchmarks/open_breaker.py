"""Measure what a dead first client costs once its breaker is open, and how fast it comes back.

Run it with `python -m benchmarks.open_breaker`.

Two routers share one Redis and one hosted server. The first has a dead client, with its breaker open, before the hosted
client; the second has only the hosted client. Their requests alternate, so that other load on the machine affects both.
Afterwards the dead server comes back under steady traffic, and the time until it serves a request is measured.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from app.embedded.stack import EmbeddedStack
from app.routing.baml_client import BamlCaller
from app.routing.breakers.breaker import AlwaysClosed
from app.routing.breakers.redis_breaker import RedisBreaker
from app.routing.clients import build_clients
from app.routing.question import Question
from app.routing.router import Router
from app.routing.servers.balancer import RedisBalancer
from app.settings import LoadedSettings, load_settings
from benchmarks.faults import markdown, resume
from tests.scripted_model import ScriptedModel

_KEY = "sk-scripted"
_OPEN_SECONDS = 3600.0  # no probe during the measurement
_PROBE_SECONDS = 5.0
_EVERY_SECONDS = 0.1


def shared_breaker(redis_url: str, open_seconds: float) -> RedisBreaker:
    limits = {"failures": 5, "open_seconds": open_seconds, "probe_lease_seconds": 65}
    return RedisBreaker.connect(redis_url, AlwaysClosed(), **limits, on_transition=lambda _: None)


def make_router(loaded: LoadedSettings, redis_url: str, *, open_seconds: float) -> Router:
    return Router(
        build_clients(loaded.settings, loaded.environment),
        loaded.settings.routing,
        BamlCaller(),
        breaker=shared_breaker(redis_url, open_seconds),
        balancer=RedisBalancer(redis_url, lease_seconds=65),
    )


def ask(router: Router, number: int) -> tuple[str, float]:
    """The client that responded, and the time in milliseconds."""
    lines = resume(number).decode().splitlines()
    question = Question.extract_profile("\n".join(f"{at}| {line}" for at, line in enumerate(lines, 1)))
    began = time.perf_counter()
    routed = router.ask(question, privacy="any", deadline_seconds=30, record=lambda _: None)
    return routed.client, (time.perf_counter() - began) * 1000


def added_latency(behind: Router, alone: Router, pairs: int) -> list[list[str]]:
    for number in range(6):  # five failures open the breaker
        ask(behind, number)
    for number in range(10):
        ask(alone, number)
    times: dict[str, list[float]] = {"behind": [], "alone": []}
    for number in range(pairs):
        for name, router in (("behind", behind), ("alone", alone))[:: 1 if number % 2 else -1]:
            client, milliseconds = ask(router, number)
            if client != "GPT4o":
                raise RuntimeError(f"{client} responded instead of the hosted client")
            times[name].append(milliseconds)
    differences = [one - other for one, other in zip(times["behind"], times["alone"], strict=True)]
    return [
        ["hosted client only", *_figures(times["alone"])],
        ["behind a dead client, breaker open", *_figures(times["behind"])],
        ["difference within a pair", *_figures(differences)],
    ]


def recovery_seconds(router: Router, own: ScriptedModel) -> float:
    """The time from the server's return until it serves a request, under steady traffic."""
    own.refuse()
    for number in range(6):
        ask(router, number)
    time.sleep(_PROBE_SECONDS / 2)
    own.listen()
    began = time.monotonic()
    number = 0
    while ask(router, number)[0] != "LocalVLLM":
        number += 1
        if time.monotonic() - began > 10 * _PROBE_SECONDS:
            raise RuntimeError("the client did not come back")
        time.sleep(_EVERY_SECONDS)
    return time.monotonic() - began


def _figures(values: list[float]) -> list[str]:
    ordered = sorted(values)
    return [f"{statistics.median(ordered):.1f}", f"{ordered[int(len(ordered) * 0.95)]:.1f}"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.open_breaker", description=__doc__)
    parser.add_argument("--pairs", type=int, default=300, help="requests per router")
    parser.add_argument("--recoveries", type=int, default=5)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        ScriptedModel() as own,
        ScriptedModel(api_key=_KEY) as hosted,
        EmbeddedStack(Path(folder) / "stack", keep_data=False) as stack,
    ):
        environment = {
            "VITAE_CLIENTS__LOCALVLLM__BASE_URL": own.base_url,
            "VITAE_CLIENTS__LOCALVLLM__MODEL": own.model,
            "VITAE_CLIENTS__GPT4O__BASE_URL": hosted.base_url,
            "OPENAI_API_KEY": _KEY,
        }
        loaded = load_settings(Path(folder), environment)
        alone = load_settings(Path(folder), {**environment, "VITAE_ROUTING__CLIENTS": "GPT4o"})
        own.refuse()
        table = added_latency(
            make_router(loaded, stack.redis_url, open_seconds=_OPEN_SECONDS),
            make_router(alone, stack.redis_url, open_seconds=_OPEN_SECONDS),
            options.pairs,
        )
        print(markdown(["ms per request", "median", "95th percentile"], table))
        calls = len(own.calls)
        own.listen()
        recovering = make_router(loaded, stack.redis_url, open_seconds=_PROBE_SECONDS)
        shared_breaker(stack.redis_url, _PROBE_SECONDS).force(f"LocalVLLM@{own.base_url}", "closed")
        taken = [recovery_seconds(recovering, own) for _ in range(options.recoveries)]
    print(f"\nCalls received by the dead server during the measurement: {calls}.")
    print(
        f"Back after at most {max(taken):.1f} s in {options.recoveries} recoveries, with a probe every "
        f"{_PROBE_SECONDS:.0f} s."
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
