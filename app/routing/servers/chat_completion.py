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
from app.routing.answers.event_stream import ends_with_done, has_data, has_finished, is_event_stream, payloads
from app.routing.answers.final_answer import ends_with_object
from app.routing.answers.finish_reasons import STOP, usual_reason
from app.routing.answers.reported_usage import Plausible, believable_usage
from app.routing.attempt import Cancellation, TokenUsage
from app.routing.failure import Failure, classify_error_in_stream, classify_http_failure
from app.routing.servers.http_exchange import Exchange, Head, LimitReached, Limits, NotConnected

_MOST_BODY_BYTES = 32 * 1024 * 1024  # no model's answer is that long; a server that sends it is broken
_MOST_ERROR_BYTES = 64 * 1024
_FIRST_BYTES = 64  # enough to see whether a body is a stream, or ends with `[DONE]`
REPETITION = "repetition"
_LAST_EVENTS = 4  # of a stream: the last token, the finish reason, the usage, and one to spare
# How vLLM and OpenAI write the text of an event. Inside a text the quotes of such a key would be escaped.
_USUAL_PIECE = re.compile(
    rb'"delta"\s*:\s*\{(?:\s*"role"\s*:\s*"assistant"\s*,)?\s*"content"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")\s*[,}]'
)


# After its finish reason, an answer may be followed by its token counts; some servers then leave the connection open.
_GRACE_SECONDS = 2.0
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Completion:
    """`text` is everything that arrived, also before a failure; `usage` None means that the provider reported none, or
    counts that cannot be true. `finish_reason` is in OpenAI's words.
    """

    text: str
    finish_reason: str | None = None
    usage: TokenUsage | None = None
    failure: Failure | None = None
    first_token_seconds: float | None = None  # of a streamed answer, counted from the call
    begun: bool = True  # False: no part of the answer arrived
    reasoning: str = ""  # what servers report apart from the answer


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
    sent = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    answer = _Arriving()
    text = _StreamedText()
    repeats = False
    head: Head | None = None
    began = time.perf_counter()
    first_token: float | None = None
    try:
        with Exchange(url, headers, sent, limits, route=route) as exchange:
            head = exchange.open(cancel)
            if head.status != 200:
                return Completion("", failure=_refusal(exchange, head), begun=False)
            for _ in answer.receive(exchange, head.headers.get("content-type", "")):
                if first_token is None:
                    first_token = time.perf_counter() - began
                if on_growth is not None and answer.streamed:
                    on_growth(answer.received)
                if has_to_end is not None and answer.streamed and has_to_end(text.take(answer.received)):
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
    received = bytes(answer.received[: text.read] if repeats else answer.received)
    done = (
        _read(received, failure, body, len(sent), streamed=bool(answer.streamed))
        if head and received
        else _nothing(failure)
    )
    if answer.streamed:
        if repeats and done.finish_reason is None:  # otherwise it had come to its end by itself
            done = replace(done, failure=Failure("cut_off", REPETITION, 200, may_be_billed=True))
        done = replace(done, first_token_seconds=first_token, begun=first_token is not None)
    if done.failure is not None and cancel is not None and cancel.cancelled:
        done = replace(done, failure=Failure("cancelled", "cancelled"))
    return done


class _Arriving:
    """The body of a response while it arrives. `streamed` is None until its first bytes show it."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.streamed: bool | None = None

    def receive(self, exchange: Exchange, content_type: str) -> Iterator[None]:
        """Runs until the answer is complete; yields when its first token arrives and whenever more has arrived."""
        answering = finished = False
        for piece in exchange.read():
            self.received += piece
            if len(self.received) > _MOST_BODY_BYTES:
                raise ValueError("an endless answer")
            if self.streamed is None:
                self.streamed = is_event_stream(bytes(self.received[:_FIRST_BYTES]), content_type)
            # Comments that keep a connection alive are not tokens.
            if not answering and (self.streamed is False or (self.streamed and has_data(self.received))):
                answering = True
                exchange.answering()
            if answering:
                yield
            if self.streamed and ends_with_done(self.received, len(piece)):
                return
            if self.streamed and not finished and has_finished(self.received, len(piece)):
                finished = True
                exchange.finishing(_GRACE_SECONDS)


def _nothing(failure: Failure | None) -> Completion:
    missing = Failure("server_error", "not_a_completion", 200, may_be_billed=True)
    return Completion("", failure=failure or missing, begun=False)


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
        events = payloads(new)
        usual = _text_of_usual(events)
        return "".join(map(_content_of, _parse_events(events) or [])) if usual is None else usual


def _content_of(chunk: dict[str, Any]) -> str:
    choice = _first_choice(chunk)
    return _words_of((_mapping(choice.get("delta")) or _mapping(choice.get("message"))).get("content"))


def _words_of(content: Any) -> str:
    """A text, or the text parts of a list that may have parts of thinking too (Mistral)."""
    if isinstance(content, list):
        parts = [part for part in map(_mapping, content) if part.get("type") in {"text", "output_text"}]
        return "".join(part["text"] for part in parts if isinstance(part.get("text"), str))
    return content if isinstance(content, str) else ""


def _reasoning_of(chunk: dict[str, Any]) -> str:
    choice = _first_choice(chunk)
    said = _mapping(choice.get("delta")) or _mapping(choice.get("message"))
    # vLLM and DeepSeek, OpenRouter and newer vLLM, Ollama
    return next(
        (words for name in ("reasoning_content", "reasoning", "thinking") if (words := _words_of(said.get(name)))), ""
    )


def text_so_far(received: bytes) -> str:
    """The content of a streamed answer so far. An incomplete last event is left for later."""
    return _read_stream(received[: received.rfind(b"\n") + 1], None).text


def _read(
    received: bytes, failure: Failure | None, body: dict[str, Any], sent_bytes: int, *, streamed: bool
) -> Completion:
    plausible = Plausible.of_request(body, sent_bytes, len(received))
    done = _read_stream(received, failure, plausible) if streamed else _read_plain(received, failure, plausible)
    if done.finish_reason == STOP and failure is not None and failure.outcome in {"timeout", "server_error"}:
        return replace(done, failure=None)  # complete, although the connection stayed open or broke afterwards
    return done


def _read_stream(raw: bytes, failure: Failure | None, plausible: Plausible | None = None) -> Completion:
    events = payloads(raw)
    done = ends_with_done(bytearray(raw[-_FIRST_BYTES:]), _FIRST_BYTES)
    if failure is not None and events and not raw.endswith((b"\n", b"\r")):
        events.pop()  # the event in which the answer broke off
    begun = _text_of_usual(events[:-_LAST_EVENTS]) if failure is None else None
    chunks = _parse_events(events if begun is None else events[-_LAST_EVENTS:])
    if begun is not None and not any(_first_choice(chunk).get("finish_reason") for chunk in chunks or []):
        begun, chunks = None, _parse_events(events)
    if chunks is None:
        return Completion("", failure=failure or Failure("server_error", "not_a_completion", 200, may_be_billed=True))
    pieces: list[str] = [begun or ""]
    reasoning: list[str] = []
    finish_reason: str | None = None
    counts: list[Any] = []
    service_tier: Any = None
    for chunk in chunks:
        service_tier = chunk.get("service_tier") or service_tier
        if chunk.get("usage"):
            counts.append(chunk["usage"])
        pieces.append(_content_of(chunk))
        reasoning.append(_reasoning_of(chunk))
        finish_reason = usual_reason(_first_choice(chunk).get("finish_reason")) or finish_reason
        if failure is None and chunk.get("error"):
            failure = classify_error_in_stream(chunk["error"], begun=any(pieces))
    text = _joined(pieces)
    if failure is None and finish_reason is None:
        if done and ends_with_object(text):
            finish_reason = STOP
        else:
            code = "not_a_completion" if done else "connection_closed_early"
            failure = Failure("server_error", code, 200 if done else None, may_be_billed=True)
    usage = believable_usage(counts, service_tier, replace(plausible or Plausible(), has_text=bool(text)))
    return Completion(text, finish_reason, usage, failure, reasoning=_joined(reasoning))


def _joined(pieces: list[str]) -> str:
    """The text of the pieces. A character beyond the basic plane may have come in halves."""
    text = "".join(pieces)
    if _SURROGATES.search(text) is None:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


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
    except (ValueError, RecursionError):
        return None
    return [chunk for chunk in parsed if isinstance(chunk, dict)]


def _read_plain(raw: bytes, failure: Failure | None, plausible: Plausible) -> Completion:
    try:
        answer = json.loads(raw.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return Completion("", failure=failure or Failure("server_error", "not_a_completion", 200, may_be_billed=True))
    return read_completion(answer, failure, plausible)


def read_completion(body: Any, failure: Failure | None = None, plausible: Plausible | None = None) -> Completion:
    """The parsed body of an answer that was not streamed, from a call or from a line of a batch."""
    answer = _mapping(body)
    choice = _first_choice(answer)
    text = _joined([_content_of(answer)])
    most = replace(plausible or Plausible(), has_text=bool(text))
    usage = believable_usage([answer.get("usage")], answer.get("service_tier"), most)
    if failure is None and not isinstance(choice.get("message"), dict):
        error = answer.get("error")
        missing = Failure("server_error", "not_a_completion", 200, may_be_billed=True)
        failure = classify_error_in_stream(error, begun=False) if error else missing
    finish_reason = usual_reason(choice.get("finish_reason")) or (STOP if ends_with_object(text) else None)
    return Completion(text, finish_reason, usage, failure, reasoning=_joined([_reasoning_of(answer)]))


def _first_choice(chunk: dict[str, Any]) -> dict[str, Any]:
    choices = chunk.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


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
