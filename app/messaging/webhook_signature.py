"""Signs what is sent to webhooks, as Standard Webhooks 1.0 says; used by `app.pipeline.webhooks.deliver_webhooks`.

A receiver checks it with any of the public libraries (https://www.standardwebhooks.com).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

_SECRET_PREFIX = "whsec_"  # noqa: S105 - the word that stands before every secret
_SECRET_BYTES = 32  # the standard asks for 24 to 64
_VERSION = "v1"  # HMAC-SHA256


def new_secret() -> bytes:
    return secrets.token_bytes(_SECRET_BYTES)


def shown_secret(secret: bytes) -> str:
    """As receivers are given it, once: `whsec_` and base64."""
    return _SECRET_PREFIX + base64.b64encode(secret).decode()


def signed_headers(message_id: str, moment: datetime, body: bytes, secrets_: Sequence[bytes]) -> dict[str, str]:
    """The three headers of the standard; one signature for each secret, so that a receiver may have the old one yet."""
    timestamp = str(int(moment.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    signatures = [
        f"{_VERSION},{base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()}"
        for secret in secrets_
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }
