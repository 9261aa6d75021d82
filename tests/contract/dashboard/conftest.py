"""The dashboard over real databases, requested as by a browser. Shares the fixtures of the API tests."""

from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.contract.api.conftest import (
    Tenant,
    app,
    client,
    doubtful,
    new_tenant,
    other,
    parts,
    pipeline,
    tenant,
    upload,
)

__all__ = ["app", "client", "doubtful", "new_tenant", "other", "parts", "pipeline", "tenant", "upload"]


@pytest.fixture
def browser(app: FastAPI, client: TestClient) -> Iterator[Callable[[Tenant, str], TestClient]]:
    """A signed-in browser: its cookies, no key."""
    del client  # its lifespan keeps the parts of the application open
    opened: list[TestClient] = []

    def sign_in(tenant: Tenant, scope: str = "admin") -> TestClient:
        visitor = TestClient(app, follow_redirects=False)
        opened.append(visitor)
        path = visitor.post("/v1/sign-in-links", headers=tenant.headers(scope)).json()["path"]
        assert visitor.get(path).status_code == 303
        return visitor

    yield sign_in
    for visitor in opened:
        visitor.close()
