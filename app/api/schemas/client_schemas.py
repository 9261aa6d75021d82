"""What the API says about testing a model client."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ClientTestRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"timeout_seconds": 600}]})

    timeout_seconds: float = Field(
        600, ge=1, le=3600, description="Time limit of the request; the client's own limits do not apply."
    )
    endpoint: str | None = Field(None, description="base_url of one endpoint; null: the client's first.")


class ClientTestCheck(BaseModel):
    check: Literal[
        "reachable",
        "key",
        "model",
        "structured_output",
        "parameters",
        "first_token",
        "speed",
        "context",
        "answer",
        "agreement",
        "typical_resume",
    ]
    status: Literal["ok", "warning", "failed", "unknown"]
    finding: str
    fix: str = Field(description="One sentence; empty where nothing needs fixing.")


class ConfigurationChange(BaseModel):
    section: str = Field(description="Section of vitae.toml.", examples=["clients.Ollama"])
    line: str = Field(description="The line below it.", examples=["first_token_timeout_seconds = 60"])
    why: str


class TypicalResumeEstimate(BaseModel):
    input_tokens: int
    output_tokens: int
    source: Literal["assumed", "ledger"] = Field(description="`ledger`: averages of your tenant's last 30 days.")
    seconds: float | None = Field(description="null: no complete answer came.")
    cost_usd: str | None = Field(description="null: no price or cost profile is known.")


class ClientTestResult(BaseModel):
    """What one real request about an invented resume showed."""

    client: str
    model: str | None
    base_url: str | None
    location: Literal["local", "hosted"]
    usable: bool = Field(description="A complete answer came, and it describes the person of the sample.")
    checks: list[ClientTestCheck]
    changes: list[ConfigurationChange] = Field(description="Lines of vitae.toml to change.")
    models: list[str] = Field(description="Models that the server lists.")
    outcome: str | None = Field(description="As in the ledger; null: no request was made.")
    error: str | None
    seconds: float | None
    first_token_seconds: float | None
    output_tokens_per_second: float | None
    input_tokens: int | None
    output_tokens: int | None
    context_tokens: int | None = Field(description="For prompt and answer together; null: not known.")
    agreement: float | None = Field(description="Share of the built-in parser's values that the model also gave.")
    not_in_document: int | None = Field(description="Values of the model that the document does not contain.")
    typical_resume: TypicalResumeEstimate
    cost_usd: str | None = Field(description="Of this test; null: unpriced, or a share of a server's bill.")
    cost_basis: str | None
