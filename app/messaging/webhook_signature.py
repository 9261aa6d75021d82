"""Signs webhook requests as defined by Standard Webhooks 1.0. Used by `app.pipeline.webhooks.deliver_webhooks`.

Receivers can verify the signature with any of the public libraries (https://www.standardwebhooks.com).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

_SECRET_PREFIX = "whsec_"  # noqa: S105 - the word that stands before every secret
_SECRET_BYTES = 32  # the standard requires 24 to 64
_VERSION = "v1"  # HMAC-SHA256


def new_secret() -> bytes:
    return secrets.token_bytes(_SECRET_BYTES)


def shown_secret(secret: bytes) -> str:
    """The secret as shown once to the receiver: `whsec_` and base64."""
    return _SECRET_PREFIX + base64.b64encode(secret).decode()


def signed_headers(message_id: str, moment: datetime, body: bytes, secrets_: Sequence[bytes]) -> dict[str, str]:
    """The three headers of the standard, with one signature per secret, so that the old secret still works."""
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
