"""Use case: enter prices in the database with their period of validity; and the price book that prices attempts.

A price never changes. It is ended, or another one is entered over it, so that it stays known which price held when.
Money already spent keeps the price it was stored with.
"""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import cast

from app.errors import InputError, NotFound
from app.ledger.prices import EnteredPrice, PriceBook, ServiceTier
from app.pipeline.mechanisms.database_retry import retry_on_outage
from app.storage.engine import Database, Transaction
from app.storage.ledger import price_rows as storage
from app.storage.ledger.price_rows import PriceRow

# A worker sees a new price after at most this time.
_FRESH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class NewPrice:
    """A price as a person enters it. `starts_at` None: from now on."""

    provider: str
    model: str
    service_tier: ServiceTier
    input_usd_per_million: Decimal
    cached_input_usd_per_million: Decimal | None
    cache_write_usd_per_million: Decimal | None
    output_usd_per_million: Decimal
    starts_at: datetime | None
    ends_at: datetime | None
    note: str


def enter_price(database: Database, new: NewPrice, now: datetime, entered_by: str) -> PriceRow:
    """Raises `InputError` for a period that is empty."""
    starts_at = new.starts_at or now
    if new.ends_at is not None and new.ends_at <= starts_at:
        raise InputError(f"The price would end at {new.ends_at:%Y-%m-%dT%H:%MZ}, before it begins: move `until`.")
    row = PriceRow(
        uuid.uuid4(),
        new.provider,
        new.model,
        new.service_tier,
        new.input_usd_per_million,
        new.cached_input_usd_per_million,
        new.cache_write_usd_per_million,
        new.output_usd_per_million,
        starts_at,
        new.ends_at,
        new.note,
        entered_by,
    )
    with database.transaction() as tx:
        storage.insert_price(tx, row)
    return row


def end_price(database: Database, price_id: uuid.UUID, at: datetime, ended_by: str) -> PriceRow:
    """Raises `NotFound`. The prices it covered hold again from `at` on."""
    with database.transaction() as tx:
        row = storage.end_price(tx, price_id, at, ended_by)
    if row is None:
        raise NotFound("There is no price with this id. `vitae costs prices list --history` lists all prices.")
    return row


def read_price_book(tx: Transaction) -> PriceBook:
    return PriceBook(tuple(_entered(row) for row in storage.list_prices(tx)))


def _entered(row: PriceRow) -> EnteredPrice:
    return EnteredPrice(
        provider=row.provider,
        model=row.model,
        service_tier=cast("ServiceTier", row.service_tier),
        input_usd_per_million=row.input_usd_per_million,
        cached_input_usd_per_million=row.cached_input_usd_per_million,
        cache_write_usd_per_million=row.cache_write_usd_per_million,
        output_usd_per_million=row.output_usd_per_million,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        note=row.note,
    )


class CachedPriceBook:
    """The price book for workers, who price every attempt; it is read again when it is a few seconds old."""

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._book: PriceBook | None = None
        self._read_at = 0.0

    def __call__(self) -> PriceBook:
        with self._lock:
            if self._book is None or self._monotonic() - self._read_at > _FRESH_SECONDS:
                self._book = retry_on_outage(self._read)
                self._read_at = self._monotonic()
            return self._book

    def _read(self) -> PriceBook:
        with self._database.reading() as tx:
            return read_price_book(tx)
