"""OpenAI's Batch API as Vitae uses it: send a file of requests, check its progress, fetch its answers, clean up.

Called by app.pipeline.batches.advance_batch. A batch carries our id in its metadata, so that a batch whose confirmation
was lost is found again instead of being paid for twice. Errors never contain any part of a file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

import openai

from app.network.proxy_choice import BadProxy
from app.routing.clients import Client
from app.routing.failure import ERROR_CHARACTERS

_METADATA_KEY = "vitae_batch"
_TIMEOUT_SECONDS = 300.0  # for a file of 200 MB
_LISTED = 1000  # newest batches that are searched for a lost one

ProviderState = Literal[
    "validating", "failed", "in_progress", "finalizing", "completed", "expired", "cancelling", "cancelled"
]
ENDED: frozenset[str] = frozenset({"failed", "completed", "expired", "cancelled"})


@dataclass(frozen=True, slots=True)
class ProviderBatch:
    id: str
    state: str
    output_file_id: str | None
    error_file_id: str | None
    errors: tuple[str, ...]  # codes of a file that was refused as a whole


class BatchRefused(Exception):
    """The provider refused, and would refuse again; `code` is short and contains no words of a file."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BatchAway(Exception):
    """The provider did not respond, is overloaded, or wants us to wait: try again later."""


class BatchApi:
    """For one client. Retries are the scheduler's, not the library's."""

    def __init__(self, client: Client) -> None:
        base_url = client.base_url or "https://api.openai.com/v1"
        try:
            proxy = client.route.proxy_to(base_url)
        except BadProxy:
            raise BatchAway("proxy_unusable") from None
        self._openai = openai.OpenAI(
            api_key=client.api_key or "none",
            base_url=base_url,
            timeout=_TIMEOUT_SECONDS,
            max_retries=0,
            http_client=openai.DefaultHttpxClient(
                base_url=base_url,
                proxy=None if proxy is None else proxy.url,
                verify=client.route.certificates,
                trust_env=False,
                follow_redirects=False,  # a file of resumes goes only where the settings say
            ),
        )

    def upload(self, name: str, content: bytes) -> str:
        """The provider's name of the file. Uploading twice costs nothing."""
        return _call(lambda: self._openai.files.create(file=(name, content), purpose="batch")).id

    def create(self, file_id: str, our_id: str) -> ProviderBatch:
        return _batch(
            _call(
                lambda: self._openai.batches.create(
                    input_file_id=file_id,
                    endpoint="/v1/chat/completions",
                    completion_window="24h",
                    metadata={_METADATA_KEY: our_id},
                )
            )
        )

    def find(self, our_id: str) -> ProviderBatch | None:
        """The batch with our id in its metadata, among the newest ones."""
        page = _call(lambda: self._openai.batches.list(limit=100))
        seen = 0
        while True:
            for batch in page.data:
                if (batch.metadata or {}).get(_METADATA_KEY) == our_id:
                    return _batch(batch)
            seen += len(page.data)
            if seen >= _LISTED or not page.has_next_page():
                return None
            page = _call(page.get_next_page)

    def get(self, batch_id: str) -> ProviderBatch:
        return _batch(_call(lambda: self._openai.batches.retrieve(batch_id)))

    def cancel(self, batch_id: str) -> ProviderBatch:
        return _batch(_call(lambda: self._openai.batches.cancel(batch_id)))

    def lines(self, file_id: str) -> Iterator[str]:
        """A file's lines as they arrive. Raises `BatchAway` when the download breaks off.

        Split only at line feeds: JSON may contain the other characters at which Python would split a text.
        """
        rest = b""
        try:
            with self._openai.files.with_streaming_response.content(file_id) as response:
                for piece in response.iter_bytes():
                    *whole, rest = (rest + piece).split(b"\n")
                    yield from (line.decode("utf-8", "replace") for line in whole)
        except openai.APIStatusError as error:
            raise _sorted(error) from None
        except Exception as error:  # noqa: BLE001 - the library lets its transport's own errors through here
            raise BatchAway(type(error).__name__) from None
        if rest:
            yield rest.decode("utf-8", "replace")

    def forget(self, file_id: str) -> None:
        """Delete a file with resumes in it; it is fine if it is deleted already."""
        try:
            self._openai.files.delete(file_id)
        except openai.OpenAIError:
            return

    def close(self) -> None:
        self._openai.close()


def _call(ask: Any) -> Any:
    try:
        return ask()
    except openai.APIStatusError as error:
        raise _sorted(error) from None
    except openai.OpenAIError as error:
        raise BatchAway(type(error).__name__) from None


def _sorted(error: openai.APIStatusError) -> Exception:
    if error.status_code in {408, 409, 425, 429} or error.status_code >= 500:
        return BatchAway(f"http_{error.status_code}")
    code: Any = error.code
    word = f"_{code}" if isinstance(code, str) and code.replace("_", "").isalnum() else ""
    return BatchRefused(f"http_{error.status_code}{word}"[:ERROR_CHARACTERS])


def _batch(batch: Any) -> ProviderBatch:
    found = cast("list[Any]", batch.errors.data or []) if batch.errors else []
    codes = tuple(str(item.code)[:ERROR_CHARACTERS] for item in found if item.code)
    return ProviderBatch(batch.id, batch.status, batch.output_file_id, batch.error_file_id, codes)
