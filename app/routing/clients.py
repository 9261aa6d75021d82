"""A model client as it is used: BAML's declaration, overridden by the settings, with its key looked up.

Built once by `app.wiring`; read by policy, router, length guard and BAML caller. Importing this never loads BAML.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import urlsplit

from app.errors import ConfigurationError
from app.network.certificates import BadCertificates, trusted_by
from app.network.proxy_choice import NO_PROXY, BadProxy, read_proxy
from app.network.server_address import BadAddress, find_key_fault, read_address, read_key
from app.network.server_route import ServerRoute
from app.routing.attempt import Billing, Location
from app.routing.baml_source import BamlSource, DeclaredClient, EnvironmentValue, installed_source
from app.routing.parameters.request_parameters import RequestParameters, decide_parameters
from app.settings import BUILTIN, ClientSettings, Settings

# Declared options that have their own field here; all others are passed to BAML unchanged.
_OWN_OPTIONS = {"base_url", "model", "api_key", "max_tokens", "max_completion_tokens", "http"}
_OPENAI_HOST = "api.openai.com"
# Providers that speak OpenAI's chat completions; Vitae sends their requests itself, BAML those of all others.
OPENAI_SHAPED = frozenset({"openai", "openai-generic", "azure-openai", "ollama", "openrouter"})
# The addresses in vitae.toml and docker-compose.yml as shipped. Nothing needs to be running there.
_SHIPPED_ADDRESSES = {"http://127.0.0.1:8000/v1", "http://vllm:8000/v1"}
# Candidates are ranked by rules, without a model. A configuration with an order for it stays valid.
_ASKS_NO_MODEL = "ScoreRequirements"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """`not_configured` says why this client cannot be called (a missing key); it is skipped with that reason.

    `provider` is BAML's word (`openai`, `openai-generic`, `anthropic`, ...), `price_provider` the price list's.
    """

    name: str
    provider: str
    model: str | None
    base_url: str | None  # of the current endpoint; the first of several
    api_key: str | None = field(default=None, repr=False)
    location: Location = "hosted"
    proxy: str | None = field(default=None, repr=False)  # a URL, which may hold a password, or "none"
    ca_file: str | None = None
    billing: Billing = "per_token"
    cost_profile: str | None = None
    price_provider: str = "openai"
    input_usd_per_million: Decimal | None = None
    cached_input_usd_per_million: Decimal | None = None
    output_usd_per_million: Decimal | None = None
    context_tokens: int | None = None
    max_output_tokens: int = 4096
    connect_timeout_seconds: float = 1.0
    first_token_timeout_seconds: float = 5.0
    stall_timeout_seconds: float = 15.0
    total_timeout_seconds: float = 60.0
    stream: bool = True
    structured_output: bool | None = None  # None: yes if the server turns out to be vLLM
    requests: Literal["whole", "sections"] = "whole"
    options: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)  # of the settings
    not_configured: str | None = None
    base_urls: tuple[str, ...] = ()  # set when there are several
    as_shipped: bool = False  # address and model are the shipped defaults, and there is no key

    @property
    def is_set_up(self) -> bool:
        """Whether somebody gave it what it needs: a key, or the address or model of a server."""
        return self.not_configured is None and not self.as_shipped

    @property
    def temperature(self) -> float | None:
        """None: the model's own default, which is above 0; some models accept no other."""
        return self.request_parameters.temperature

    @property
    def request_parameters(self) -> RequestParameters:
        return decide_parameters(
            self.parameters, self.options, provider=self.provider, model=self.model, base_url=self.base_url
        )

    @property
    def endpoint(self) -> str:
        """What a breaker watches: one server behind one client name."""
        return f"{self.name}@{self.base_url or self.provider}"

    @property
    def route(self) -> ServerRoute:
        """How its servers are reached."""
        return ServerRoute(local=self.location == "local", proxy=self.proxy, ca_file=self.ca_file)

    def endpoints(self) -> "tuple[Client, ...]":
        """The same client once for each of its servers."""
        return tuple(replace(self, base_url=url) for url in self.base_urls) if self.base_urls else (self,)


def build_clients(
    settings: Settings,
    environment: Mapping[str, str],
    source: BamlSource | None = None,
    *,
    with_hidden: bool = False,
) -> dict[str, Client]:
    """All clients that BAML knows, by name; presets that are not in use only `with_hidden`.

    Raises `ConfigurationError` for a client or function in `[routing]` that BAML does not know, and for a client marked
    as local that would reach OpenAI.
    """
    source = source or installed_source()
    declared = source.clients()
    shipped = Settings().clients
    _check_clients(settings, declared, shipped)
    _check_functions(settings, source.functions())
    return {
        name: _build(settings.client(name), shipped.get(name), declaration, environment)
        for name, declaration in declared.items()
        if with_hidden or not settings.is_hidden(name)
    }


def _check_clients(
    settings: Settings, declared: Mapping[str, DeclaredClient], shipped: Mapping[str, ClientSettings]
) -> None:
    known = f"known are {', '.join(sorted(declared))} and {BUILTIN}"
    orders = {"routing.clients": settings.routing.clients}
    for function, routing in settings.routing.functions.items():
        orders[f"routing.functions.{function}.clients"] = routing.clients
    for rule in settings.routing.rules:
        orders[f"routing.rules ({rule.name}).clients"] = rule.clients
    for key, names in orders.items():
        unknown = next((name for name in names if name != BUILTIN and name not in declared), None)
        if unknown is not None:
            raise ConfigurationError(
                f"`{key}` names {unknown}, which is no client; {known}. "
                "Add it to baml_src/clients.baml and run `make generate`, or correct the name."
            )
    for name in settings.clients:
        if name not in declared and name not in shipped:
            raise ConfigurationError(
                f"`[clients.{name}]` configures a client that baml_src/clients.baml does not define; {known}."
            )


def _check_functions(settings: Settings, declared: Sequence[str]) -> None:
    named = [(f"routing.functions.{function}", function) for function in settings.routing.functions]
    for rule in settings.routing.rules:
        named += [(f"routing.rules ({rule.name}).functions", function) for function in rule.functions]
    for key, function in named:
        if function not in (*declared, _ASKS_NO_MODEL):
            raise ConfigurationError(
                f"`{key}` names {function}, which is no BAML function; known are {', '.join(sorted(declared))}. "
                "Correct the name, or add the function to baml_src/ and run `make generate`."
            )


def _build(
    given: ClientSettings, shipped: ClientSettings | None, declared: DeclaredClient, environment: Mapping[str, str]
) -> Client:
    def chosen(key: str, option: Any) -> Any:
        """The value of the settings, else the declared one, else the settings' default."""
        value = getattr(given, key)
        default = getattr(shipped, key) if shipped else None
        was_set = key in given.model_fields_set and value is not None and value != default
        return value if was_set or option is None else option

    overridden = {key for key in ("base_url", "model") if key in given.model_fields_set and getattr(given, key)}
    overridden |= {"base_url"} if given.base_urls else set()
    options, missing = _resolve_options(declared.options, environment, overridden)
    http = options.get("http")
    limits: Mapping[str, Any] = http if isinstance(http, dict) else {}
    base_urls = tuple(_address(declared.name, "base_urls", url) for url in given.base_urls)
    one_url = None if base_urls else chosen("base_url", options.get("base_url"))
    base_url = base_urls[0] if base_urls else _address(declared.name, "base_url", one_url) if one_url else None
    api_key, missing_key = _find_key(given, declared, environment)
    if missing_key is None and api_key is None and declared.provider == "openai" and not base_url:
        missing_key = "no API key is set (api_key_env in its settings)"
    if given.location == "local" and any(_reaches_openai(declared.provider, url) for url in base_urls or (base_url,)):
        raise ConfigurationError(
            f"`clients.{declared.name}.location` is local, but its base_url is OpenAI's. Set the base_url of your own "
            "server, or say hosted: local_only resumes must not leave the premises."
        )
    _check_connection(declared, given)
    model = chosen("model", options.get("model"))
    return Client(
        name=declared.name,
        provider=declared.provider,
        model=model,
        base_url=base_url,
        api_key=api_key,
        location=given.location,
        proxy=(given.proxy or "").strip() or None,
        ca_file=(given.ca_file or "").strip() or None,
        billing=given.billing,
        cost_profile=given.cost_profile,
        price_provider=given.price_provider,
        input_usd_per_million=given.input_usd_per_million,
        cached_input_usd_per_million=given.cached_input_usd_per_million,
        output_usd_per_million=given.output_usd_per_million,
        context_tokens=given.context_tokens,
        max_output_tokens=chosen(
            "max_output_tokens", options.get("max_completion_tokens") or options.get("max_tokens")
        ),
        connect_timeout_seconds=chosen("connect_timeout_seconds", _seconds(limits.get("connect_timeout_ms"))),
        first_token_timeout_seconds=given.first_token_timeout_seconds,
        stall_timeout_seconds=given.stall_timeout_seconds,
        stream=given.stream,
        structured_output=given.structured_output,
        requests=given.requests,
        total_timeout_seconds=chosen("total_timeout_seconds", _seconds(limits.get("request_timeout_ms"))),
        options={key: value for key, value in options.items() if key not in _OWN_OPTIONS},
        parameters=given.parameters.model_dump(exclude_none=True),
        not_configured=missing_key or missing,
        base_urls=base_urls if len(base_urls) > 1 else (),
        as_shipped=not base_urls and is_as_shipped(declared.name, base_url, model, has_key=api_key is not None),
    )


def _check_connection(declared: DeclaredClient, given: ClientSettings) -> None:
    """Raises `ConfigurationError` for a proxy or a file of certificates that cannot be used."""
    for key, text in (("proxy", given.proxy), ("ca_file", given.ca_file)):
        value = (text or "").strip()
        if not value:
            continue
        if declared.provider not in OPENAI_SHAPED:
            raise ConfigurationError(
                f"`clients.{declared.name}.{key}` has no effect for the provider {declared.provider}, which BAML calls "
                "itself. Remove it, or use an OpenAI-compatible address."
            )
        try:
            if key == "ca_file":
                trusted_by(value)
            elif value.lower() != NO_PROXY:
                read_proxy(value)
        except (BadProxy, BadCertificates) as error:
            raise ConfigurationError(f"`clients.{declared.name}.{key}` {error}.") from None


def is_as_shipped(name: str, base_url: str | None, model: str | None, *, has_key: bool) -> bool:
    """Whether nobody has set the server up: address and model are the shipped defaults, and it has no key."""
    shipped = Settings().clients.get(name)
    return shipped is not None and base_url in _SHIPPED_ADDRESSES and model in (shipped.model, None) and not has_key


def _resolve_options(
    options: Mapping[str, Any], environment: Mapping[str, str], overridden: Collection[str]
) -> tuple[dict[str, Any], str | None]:
    """The options with `env.NAME` replaced; the second value names a missing variable (never the key's, nor that of an
    overridden option).
    """
    missing: list[str] = []

    def resolve(value: Any, *, needed: bool = True) -> Any:
        if isinstance(value, EnvironmentValue):
            if needed and not environment.get(value.name):
                missing.append(value.name)
            return environment.get(value.name)
        if isinstance(value, dict):
            return {key: resolve(item) for key, item in value.items()}
        return [resolve(item) for item in value] if isinstance(value, list) else value

    resolved = {key: resolve(value, needed=key not in overridden) for key, value in options.items() if key != "api_key"}
    return resolved, f"{missing[0]} is not set" if missing else None


def _find_key(
    given: ClientSettings,
    declared: DeclaredClient,
    environment: Mapping[str, str],
) -> tuple[str | None, str | None]:
    """The key, and what is missing where one is required."""
    if given.api_key is not None and (key := read_key(given.api_key.get_secret_value())):
        return _usable(key, f"clients.{declared.name}.api_key")
    option = declared.options.get("api_key")
    variable = given.api_key_env or (option.name if isinstance(option, EnvironmentValue) else None)
    if variable is None:
        return (option if isinstance(option, str) and option else None), None
    key = read_key(environment.get(variable, ""))
    return _usable(key, variable) if key else (None, f"{variable} is not set")


def _usable(key: str, place: str) -> tuple[str | None, str | None]:
    """A key that cannot be one is not sent: it would only be refused."""
    fault = find_key_fault(key)
    return (key, None) if fault is None else (None, f"the key in {place} {fault}")


def _address(name: str, setting: str, text: str) -> str:
    try:
        return read_address(text)
    except BadAddress as error:
        raise ConfigurationError(f"`clients.{name}.{setting}` {error}.") from None


def _reaches_openai(provider: str, base_url: str | None) -> bool:
    if not base_url:
        return provider != "openai-generic"
    return (urlsplit(base_url).hostname or "").endswith(_OPENAI_HOST)


def _seconds(milliseconds: Any) -> float | None:
    return milliseconds / 1000 if isinstance(milliseconds, int | float) and milliseconds > 0 else None
