"""Use case: what each strategy would send to a model, estimated on resumes that were analysed already.

No model is called. The built-in parser reads the stored documents again, so this takes about 30 ms for each of them.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.analysis.readings.rules_reading import RulesReading
from app.analysis.strategy import RequestScope, Strategy, StrategyName, settled_tokens, usual_tokens
from app.extraction.document import Document
from app.ledger.amounts import quotient
from app.ledger.prices import UnitPrices
from app.pipeline.costs.cost_analysis import CostContext, with_entered_prices
from app.routing.tokens import estimate_tokens
from app.storage import documents, endpoint_states
from app.storage.engine import Database


@dataclass(frozen=True, slots=True)
class StrategyEstimate:
    """Over all resumes of the sample. `usd` is None if the client has no price per token."""

    strategy: StrategyName
    whole: int
    in_part: int
    without_request: int
    input_tokens: int
    output_tokens: int
    usd: Decimal | None
    usd_per_1000: Decimal | None


@dataclass(frozen=True, slots=True)
class StrategyForecast:
    """`client` is the one that would be called first, or the first hosted one if no client is in use."""

    resumes: int
    client: str
    price_source: str | None
    strategies: Sequence[StrategyEstimate]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastParts:
    """`strategies` by name; `prompt` is the text of the prompt without a document."""

    strategies: Mapping[StrategyName, Strategy]
    prompt: str
    default_region: str


def forecast_strategies(
    database: Database,
    context: CostContext,
    parts: ForecastParts,
    tenant_id: uuid.UUID,
    now: datetime,
    *,
    sample: int,
) -> StrategyForecast:
    """On the tenant's newest documents, at most `sample`."""
    with database.reading() as tx:
        contents = documents.list_newest_contents(tx, tenant_id, sample)
        context = with_entered_prices(tx, context)
        client = context.first_client("ExtractProfile", endpoint_states.list_seen_up(tx)) or context.hosted_client()
    prices = context.prices(client, now)
    counts: dict[StrategyName, _Counts] = {name: _Counts() for name in parts.strategies}
    prompt_tokens = estimate_tokens(parts.prompt)
    for content in contents:
        document = Document.from_bytes(content)
        rules = RulesReading(document, default_region=parts.default_region)
        for name, strategy in parts.strategies.items():
            counts[name].add(strategy.choose(rules, document), rules, document, prompt_tokens)
    estimates = [found.estimate(name, prices, len(contents)) for name, found in counts.items()]
    return StrategyForecast(len(contents), client, prices.source if prices else None, estimates)


@dataclass(slots=True)
class _Counts:
    whole: int = 0
    in_part: int = 0
    without_request: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, scope: RequestScope, rules: RulesReading, document: Document, prompt_tokens: int) -> None:
        if not scope.lines:
            self.without_request += 1
            return
        self.whole += scope.is_whole
        self.in_part += not scope.is_whole
        sent = None if scope.is_whole else scope.lines_to_send(rules, document)
        self.input_tokens += prompt_tokens + estimate_tokens(document.numbered_text(sent))
        everything = settled_tokens(rules.answer, frozenset())
        self.output_tokens += everything - (0 if scope.is_whole else settled_tokens(rules.answer, scope.lines))

    def estimate(self, name: StrategyName, prices: UnitPrices | None, resumes: int) -> StrategyEstimate:
        tokens = usual_tokens(self.input_tokens), usual_tokens(self.output_tokens)
        usd = None
        if prices is not None:
            total = tokens[0] * prices.input_usd_per_million + tokens[1] * prices.output_usd_per_million
            usd = total.scaleb(-6)
        per_1000 = (
            None if usd is None or not resumes else quotient(usd * 1000, Decimal(resumes)).quantize(Decimal("1E-6"))
        )
        return StrategyEstimate(
            name, self.whole, self.in_part, self.without_request, *tokens, usd=usd, usd_per_1000=per_1000
        )
