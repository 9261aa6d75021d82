"""The scripted model's Batch API: files, batches, output and error files, as in OpenAI's guide.

    model.batches.hold = True            # batches stay in progress until it is False
    model.batches.lose_create_answer()   # the next batch is created, but its response is lost
    model.batches.expire_after = 2       # this many lines are answered, then the batch expires

The same script answers lines and single calls. Nothing of a prompt is kept once its file is deleted.
"""

import itertools
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from typing import Any

_ENDED = {"failed", "completed", "expired", "cancelled"}
# Takes the request body of one line, returns an HTTP status and a response body.
Ask = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]


@dataclass
class _Batch:
    id: str
    input_file_id: str
    metadata: dict[str, str]
    status: str = "validating"
    output_file_id: str | None = None
    error_file_id: str | None = None
    errors: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    looks: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "created_at": 0,
            "input_file_id": self.input_file_id,
            "status": self.status,
            "output_file_id": self.output_file_id,
            "error_file_id": self.error_file_id,
            "errors": {"object": "list", "data": self.errors} if self.errors else None,
            "metadata": self.metadata,
        }


class ScriptedBatches:
    def __init__(self, ask: Ask) -> None:
        self.hold = False
        self.expire_after: int | None = None
        self.drop_lines = 0  # answered lines that appear in no file
        self.away = False  # every request gets a 503
        self.refuse_create: tuple[int, str] | None = None  # status and error code
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, _Batch] = {}
        self.uploads = 0
        self.asked_lines = 0
        self._ask = ask
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._lose_create = False

    def lose_create_answer(self) -> None:
        self._lose_create = True

    def handle(self, method: str, path: str, content_type: str, body: bytes) -> tuple[int, Any] | None:
        """Status and JSON (or the bytes of a file); None for a path outside the Batch API."""
        path, _, _ = path.partition("?")
        if not path.startswith(("/v1/files", "/v1/batches")):
            return None
        if self.away:
            return 503, _error("overloaded")
        with self._lock:
            match method, path.removeprefix("/v1/").split("/"):
                case "POST", ["files"]:
                    return self._upload(content_type, body)
                case "GET", ["files", file_id, "content"]:
                    found = self.files.get(file_id)
                    return (404, _error("not_found")) if found is None else (200, found)
                case "DELETE", ["files", file_id]:
                    if self.files.pop(file_id, None) is None:
                        return 404, _error("not_found")
                    return 200, {"id": file_id, "object": "file", "deleted": True}
                case "POST", ["batches"]:
                    return self._create(json.loads(body))
                case "GET", ["batches"]:
                    newest = [batch.to_json() for batch in reversed(self.batches.values())]
                    return 200, {"object": "list", "data": newest, "has_more": False}
                case "GET", ["batches", batch_id]:
                    return self._look(batch_id)
                case "POST", ["batches", batch_id, "cancel"]:
                    return self._cancel(batch_id)
                case _:
                    return 404, _error("not_found")

    def _upload(self, content_type: str, body: bytes) -> tuple[int, Any]:
        form = BytesParser().parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
        fields: dict[str, Any] = {}
        for part in form.walk():
            if not part.is_multipart():
                fields[str(part.get_param("name", header="content-disposition"))] = part.get_payload(decode=True)
        if fields["purpose"] != b"batch":
            return 400, _error("invalid_purpose")
        self.uploads += 1
        file_id = f"file-in{next(self._numbers)}"
        self.files[file_id] = fields["file"]
        return 200, {
            "id": file_id,
            "object": "file",
            "bytes": len(self.files[file_id]),
            "created_at": 0,
            "filename": "batch.jsonl",
            "purpose": "batch",
            "status": "processed",
        }

    def _create(self, wanted: dict[str, Any]) -> tuple[int, Any]:
        if self.refuse_create is not None:
            return self.refuse_create[0], _error(self.refuse_create[1])
        if wanted["input_file_id"] not in self.files:
            return 400, _error("invalid_file")
        batch = _Batch(f"batch_{next(self._numbers)}", wanted["input_file_id"], wanted.get("metadata") or {})
        self.batches[batch.id] = batch
        if self._lose_create:
            self._lose_create = False
            return 503, _error("overloaded")
        return 200, batch.to_json()

    def _look(self, batch_id: str) -> tuple[int, Any]:
        batch = self.batches.get(batch_id)
        if batch is None:
            return 404, _error("not_found")
        batch.looks += 1
        if batch.status == "cancelling":
            self._work(batch, "cancelled", "batch_cancelled", at_most=1)
        elif batch.status not in _ENDED:
            batch.status = "in_progress"
            if not self.hold:
                self._complete(batch)
        return 200, batch.to_json()

    def _cancel(self, batch_id: str) -> tuple[int, Any]:
        batch = self.batches[batch_id]
        if batch.status in _ENDED:
            return 409, _error("batch_ended")
        batch.status = "cancelling"
        return 200, batch.to_json()

    def _complete(self, batch: _Batch) -> None:
        lines = self.files[batch.input_file_id].decode().split("\n")
        for number, line in enumerate(filter(None, lines), 1):
            try:
                request = json.loads(line)
                assert request["method"] == "POST"
                assert request["url"] == "/v1/chat/completions"
                assert request["body"]["messages"]
            except (ValueError, KeyError, AssertionError):
                batch.status = "failed"
                batch.errors = [{"code": "invalid_json_line", "line": number, "message": "bad line", "param": None}]
                return
        if self.expire_after is None:
            self._work(batch, "completed", "batch_expired", at_most=None)
        else:
            self._work(batch, "expired", "batch_expired", at_most=self.expire_after)

    def _work(self, batch: _Batch, end: str, code: str, at_most: int | None) -> None:
        good: list[str] = []
        bad: list[str] = []
        for number, line in enumerate(filter(None, self.files[batch.input_file_id].decode().split("\n"))):
            request = json.loads(line)
            answer: dict[str, Any] = {"id": f"batch_req_{number}", "custom_id": request["custom_id"], "error": None}
            if at_most is not None and number >= at_most:
                bad.append(json.dumps({**answer, "response": None, "error": {"code": code, "message": "not done"}}))
                continue
            self.asked_lines += 1
            status, body = self._ask(request["body"])
            if self.drop_lines:
                self.drop_lines -= 1
                continue
            answer["response"] = {"status_code": status, "request_id": f"req_{number}", "body": body}
            (good if status == 200 else bad).append(json.dumps(answer, ensure_ascii=False))
        # Not in input order, as the guide warns.
        batch.output_file_id = self._file(good[::-1])
        batch.error_file_id = self._file(bad)
        batch.status = end

    def _file(self, lines: list[str]) -> str | None:
        if not lines:
            return None
        file_id = f"file-out{next(self._numbers)}"
        self.files[file_id] = ("\n".join(lines) + "\n").encode()
        return file_id


def _error(code: str) -> dict[str, Any]:
    return {"error": {"message": f"scripted: {code}", "type": "scripted", "code": code}}
