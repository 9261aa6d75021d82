"""The dashboard as a whole: `install` adds its pages and assets to the application. Called by `app.main`."""

from fastapi import FastAPI

from app.dashboard import assets, candidate, candidates, costs, match, sign_in, system, upload


def install(app: FastAPI) -> None:
    for page in (sign_in, candidates, candidate, upload, match, costs, system):
        app.include_router(page.router)
    app.mount(assets.ADDRESS, assets.Assets(), name="static")
