"""A receiver of Vitae's webhooks: `VITAE_WEBHOOK_SECRET=whsec_... python docs/examples/webhook_receiver.py 9000`.

Needs `pip install standardwebhooks`. It responds at once and does its work afterwards, because Vitae repeats a delivery
that has no response within 15 seconds. The same event may arrive twice, with the same `webhook-id`.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

seen: set[str] = set()  # a real receiver keeps these in its database


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            Webhook(os.environ["VITAE_WEBHOOK_SECRET"]).verify(body, dict(self.headers.items()))
        except WebhookVerificationError:
            self.send_error(401)
            return
        self.send_response(204)
        self.end_headers()
        if self.headers["webhook-id"] not in seen:
            seen.add(self.headers["webhook-id"])
            event = json.loads(body)
            print(event["type"], event["data"], flush=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the class above
        """Log no line for each request."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
