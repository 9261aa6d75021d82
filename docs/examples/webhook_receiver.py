"""A receiver of Vitae's webhooks: `VITAE_WEBHOOK_SECRET=whsec_... python docs/examples/webhook_receiver.py 9000`.

Needs `pip install standardwebhooks`. It answers at once and does its work afterwards: Vitae waits some seconds for an
answer and otherwise sends the notice again. The same notice may come twice; its `webhook-id` says so.
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
            notice = json.loads(body)
            print(notice["type"], notice["data"], flush=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the class above
        """No line for each request."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
