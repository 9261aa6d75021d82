"""Sends one OpenAI-style chat completion and reads the response; called by `app.routing.baml_client`.

BAML wrote the request and will parse the text; this module does what lies between: the exchange within its limits, the
events of a streamed answer, finish reason, token counts and `Retry-After`. Errors never contain any part of an answer.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any

from app.clock import utc_now
from app.network.response_body import ClosedEarly
from app.network.server_route import ServerRoute
from app.routing.attempt import Cancellation, TokenUsage
from app.routing.failure import Failure, classify_http_failure
from app.routing.servers.http_exchange import Exchange, Head, LimitReached, Limits, NotConnected

_MOST_BODY_BYTES = 32 * 1024 * 1024  # no model's answer is that long; a server that sends it is broken
_MOST_ERROR_BYTES = 64 * 1024
_DONE = b"[DONE]"
REPETITION = "repetition"
_LAST_EVENTS = 4  # of a stream: the last token, the finish reason, the usage, and one to spare
# How vLLM and OpenAI write the text of an event. Inside a text the quotes of such a key would be escaped.
_USUAL_PIECE = re.compile(
    rb'"delta"\s*:\s*\{(?:\s*"role"\s*:\s*"assistant"\s*,)?\s*"content"\s*:\s*("(?:[^"\\]|\\.)*")\s*[,}]'
)


@dataclass(frozen=True, slots=True)
class Completion:
    """`text` is everything that arrived, also before a failure; `usage` None means that the provider reported none."""

    text: str
    finish_reason: str | None = None
    usage: TokenUsage | None = None
    failure: Failure | None = None
    first_token_seconds: float | None = None  # of a streamed answer, counted from the call
    begun: bool = True  # False: no part of the answer arrived


def complete(
    url: str,
    headers: Mapping[str, str],
    body: dict[str, Any],
    limits: Limits,
    cancel: Cancellation | None,
    on_growth: Callable[[bytearray], None] | None = None,
    has_to_end: Callable[[str], bool] | None = None,
    *,
    route: ServerRoute | None = None,
) -> Completion:
    """One request. A failed one is a `Completion` with a failure, never an exception.

    `on_growth` is called with everything received so far whenever a streamed answer has grown; it must be quick.
    `has_to_end` is called with each new part of its text. If it says so, the connection is closed, so that the server
    stops computing, and the answer counts as cut off.
    """
    received = bytearray()
    text = _StreamedText()
    repeats = False
    head: Head | None = None
    began = time.perf_counter()
    first_token: float | None = None
    try:
        with Exchange(url, headers, json.dumps(body, ensure_ascii=False).encode(), limits, route=route) as exchange:
            head = exchange.open(cancel)
            if head.status != 200:
                return Completion("", failure=_refusal(exchange, head), begun=False)
            streamed = _is_stream(head)
            for _ in _receive(exchange, received, streamed=streamed):
                if first_token is None:
                    first_token = time.perf_counter() - began
                if on_growth is not None and streamed:
                    on_growth(received)
                if has_to_end is not None and streamed and has_to_end(text.take(received)):
                    repeats = True
                    break
        failure = None
    except NotConnected as error:
        failure = Failure("unreachable", error.code)
    except LimitReached as reached:
        failure = Failure("timeout", f"{reached.limit}_timeout")
    except ClosedEarly:
        failure = Failure("server_error", "connection_closed_early", may_be_billed=True)
    except ConnectionError:
        failure = Failure("server_error", "connection_reset", may_be_billed=True)
    except (OSError, ValueError):
        failure = Failure("server_error", "unreadable_response", may_be_billed=True)
    if head is None or not received:
        failure = failure or Failure("server_error", "not_a_completion", 200, may_be_billed=True)
        done = Completion("", failure=failure, begun=False)
    elif not _is_stream(head):
        done = _read_plain(bytes(received), failure)
    else:
        done = _read_stream(bytes(received[: text.read] if repeats else received), failure)
        if repeats and done.finish_reason is None:  # otherwise it had come to its end by itself
            done = replace(done, failure=Failure("cut_off", REPETITION, 200, may_be_billed=True))
        done = replace(done, first_token_seconds=first_token, begun=first_token is not None)
    if done.failure is not None and cancel is not None and cancel.cancelled:
        done = replace(done, failure=Failure("cancelled", "cancelled"))
    return done


def _is_stream(head: Head) -> bool:
    return head.headers.get("content-type", "").startswith("text/event-stream")


def _receive(exchange: Exchange, received: bytearray, *, streamed: bool) -> Iterator[None]:
    """Runs until the answer is complete; yields when its first token arrives and whenever more has arrived."""
    answering = False
    for piece in exchange.read():
        received += piece
        if len(received) > _MOST_BODY_BYTES:
            raise ValueError("an endless answer")
        # Comments that keep a connection alive are not tokens.
        if not answering and (not streamed or received.startswith(b"data:") or b"\ndata:" in received):
            answering = True
            exchange.answering()
        if answering:
            yield
        if streamed and received.find(_DONE, max(0, len(received) - len(piece) - len(_DONE))) >= 0:
            return


def _refusal(exchange: Exchange, head: Head) -> Failure:
    text = bytearray()
    with suppress(OSError, ValueError, LimitReached):
        for piece in exchange.read():
            text += piece
            if len(text) > _MOST_ERROR_BYTES:
                break
    return classify_http_failure(head.status, text.decode("utf-8", "replace"), read_retry_after(head.headers))


class _StreamedText:
    """The text of a streamed answer, part by part; each byte is read once."""

    def __init__(self) -> None:
        self.read = 0  # bytes, up to the last complete event

    def take(self, received: bytearray) -> str:
        end = received.rfind(b"\n", self.read) + 1
        if end <= self.read:
            return ""
        new, self.read = bytes(received[self.read : end]), end
        events = [event for event in _events_in(new) if event != _DONE]
        usual = _text_of_usual(events)
        return "".join(map(_content_of, _parse_events(events) or [])) if usual is None else usual


def _events_in(raw: bytes) -> list[bytes]:
    return [line[5:].strip() for line in raw.replace(b"\r\n", b"\n").split(b"\n") if line.startswith(b"data:")]


def _content_of(chunk: dict[str, Any]) -> str:
    content = _mapping(_first_choice(chunk).get("delta")).get("content")
    return content if isinstance(content, str) else ""


def text_so_far(received: bytes) -> str:
    """The content of a streamed answer so far. An incomplete last event is left for later."""
    return _read_stream(received[: received.rfind(b"\n") + 1], None).text


def _read_stream(raw: bytes, failure: Failure | None) -> Completion:
    events = _events_in(raw)
    done = bool(events) and events[-1] == _DONE
    if failure is not None and events and not raw.endswith(b"\n"):
        events.pop()  # the event in which the answer broke off
    events = [event for event in events if event != _DONE]
    begun = _text_of_usual(events[:-_LAST_EVENTS]) if failure is None else None
    chunks = _parse_events(events if begun is None else events[-_LAST_EVENTS:])
    if begun is not None and not any(_first_choice(chunk).get("finish_reason") for chunk in chunks or []):
        begun, chunks = None, _parse_events(events)
    if chunks is None:
        return Completion("", failure=failure or Failure("server_error", "not_a_completion", 200, may_be_billed=True))
    pieces: list[str] = [begun or ""]
    finish_reason: str | None = None
    usage: TokenUsage | None = None
    service_tier: Any = None
    for chunk in chunks:
        service_tier = chunk.get("service_tier") or service_tier
        if chunk.get("usage"):
            usage = read_usage(chunk["usage"], service_tier) or usage
        pieces.append(_content_of(chunk))
        finish_reason = _first_choice(chunk).get("finish_reason") or finish_reason
        if failure is None and "error" in chunk:
            failure = Failure("server_error", "error_in_stream", 200, may_be_billed=True)
    if failure is None and finish_reason is None:
        code = "not_a_completion" if done else "connection_closed_early"
        failure = Failure("server_error", code, 200 if done else None, may_be_billed=True)
    return Completion("".join(pieces), finish_reason, usage, failure)


def _text_of_usual(events: list[bytes]) -> str | None:
    """The text of events that contain a piece of text and nothing else that matters; None when one of them differs.

    A streamed answer is some hundred events of 200 bytes around a few letters; parsing them all takes three times as
    long. Everything that matters besides the text (finish reason, usage, tier) is in the last events.
    """
    raw = b"\n".join(events)
    pieces = _USUAL_PIECE.findall(raw)
    if len(pieces) != len(events) or raw.count(b'"delta"') != len(events) or b'"error"' in raw:
        return None
    try:
        return "".join(json.loads(b"[" + b",".join(pieces) + b"]"))
    except ValueError:
        return None


def _parse_events(events: list[bytes]) -> list[dict[str, Any]] | None:
    try:
        # One array instead of hundreds of small texts takes a third of the time.
        parsed: list[Any] = json.loads(b"[" + b",".join(events) + b"]")
    except ValueError:
        return None
    return [chunk for chunk in parsed if isinstance(chunk, dict)]


def _read_plain(raw: bytes, failure: Failure | None) -> Completion:
    try:
        answer = json.loads(raw)
    except ValueError:
        return Completion("", failure=failure or Failure("server_error", "not_a_completion", 200, may_be_billed=True))
    return read_completion(answer, failure)


def read_completion(body: Any, failure: Failure | None = None) -> Completion:
    """The parsed body of an answer that was not streamed, from a call or from a line of a batch."""
    answer = _mapping(body)
    choice = _first_choice(answer)
    message = choice.get("message")
    usage = read_usage(answer.get("usage"), answer.get("service_tier"))
    if failure is None and not isinstance(message, dict):
        failure = Failure("server_error", "not_a_completion", 200, may_be_billed=True)
    content = _mapping(message).get("content")
    return Completion(content if isinstance(content, str) else "", choice.get("finish_reason"), usage, failure)


def _first_choice(chunk: dict[str, Any]) -> dict[str, Any]:
    choices = chunk.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def read_usage(reported: Any, service_tier: Any = None) -> TokenUsage | None:
    """Token counts as they are billed; None for anything that cannot be right."""
    counts = _mapping(reported)
    given, answered = counts.get("prompt_tokens"), counts.get("completion_tokens")
    if not (isinstance(given, int) and isinstance(answered, int) and given >= 0 and answered >= 0):
        return None
    of_input, of_output = (
        _mapping(counts.get("prompt_tokens_details")),
        _mapping(counts.get("completion_tokens_details")),
    )
    # A part that exceeds its whole is impossible; the bill is based on the whole.
    cached = _part(of_input.get("cached_tokens"), given)
    return TokenUsage(
        input_tokens=given,
        cached_tokens=cached,
        output_tokens=answered,
        cache_write_tokens=_part(of_input.get("cache_write_tokens"), given - cached),
        reasoning_tokens=_part(of_output.get("reasoning_tokens"), answered),
        service_tier=read_service_tier(service_tier),
    )


def _part(count: Any, whole: int) -> int:
    return min(max(count, 0), whole) if isinstance(count, int) else 0


# OpenAI's and Groq's words for the usual tier. `auto` is a request and says nothing about the price: it stays unpriced.
_STANDARD_TIERS = {"default", "standard", "on_demand"}
_LONGEST_TIER = 40  # characters


def read_service_tier(named: Any) -> str:
    """The tier that a response names; servers without tiers name none."""
    if not isinstance(named, str) or not named:
        return "standard"
    word = named.strip().lower()[:_LONGEST_TIER]
    return "standard" if word in _STANDARD_TIERS else "priority" if word == "fast" else word


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds or as a date; `retry-after-ms` as some gateways send it."""
    with suppress(ValueError):
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
    raw = headers.get("retry-after", "").strip()
    with suppress(ValueError):
        return max(0.0, float(raw)) if raw else None
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(raw) - utc_now()).total_seconds())
    return None
