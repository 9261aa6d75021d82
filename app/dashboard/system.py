"""Placeholder while it is written."""

from app.dashboard.access import page_router

router = page_router()
