"""The dashboard as a whole: `install` adds its pages and assets to the application. Called by `app.main`."""

from fastapi import FastAPI

from app.dashboard import (
    assets,
    candidate_page,
    candidates_page,
    costs_page,
    error_pages,
    match_page,
    review_page,
    sign_in_page,
    system_page,
    upload_page,
)


def install(app: FastAPI) -> None:
    for page in (
        sign_in_page,
        candidates_page,
        candidate_page,
        upload_page,
        review_page,
        match_page,
        costs_page,
        system_page,
    ):
        app.include_router(page.router)
    error_pages.install(app)
    app.mount(assets.ADDRESS, assets.Assets(), name="static")
