"""Builds what prices attempts and analyses costs: the price list, self-hosted GPU servers, cost profiles."""

from collections.abc import Mapping
from dataclasses import replace

from app.ledger.catalogue.cost_profiles import CostProfile, get_cost_profile, own_hardware
from app.ledger.entries import PriceAttempt
from app.ledger.machines import Machine
from app.ledger.prices import PricedModel
from app.ledger.self_hosted import EXPECTED_RATES, Rates
from app.pipeline.costs.cost_analysis import CostContext
from app.pipeline.costs.entered_prices import CachedPriceBook
from app.routing.clients import Client, build_clients
from app.routing.policy import configured_order
from app.routing.servers.expectations import first_expected
from app.settings import LoadedSettings, Settings
from app.storage.engine import Database


def build_pricing(clients: Mapping[str, Client], database: Database | None = None) -> PriceAttempt:
    """Without a database (single files on the command line) only settings and the shipped price list are used."""
    if database is None:
        return PriceAttempt(priced_models(clients))
    return PriceAttempt(priced_models(clients), book=CachedPriceBook(database))


def priced_models(clients: Mapping[str, Client]) -> dict[str, PricedModel]:
    return {
        name: PricedModel(
            model=client.model,
            price_provider=client.price_provider,
            billing=client.billing,
            input_usd_per_million=client.input_usd_per_million,
            cached_input_usd_per_million=client.cached_input_usd_per_million,
            output_usd_per_million=client.output_usd_per_million,
        )
        for name, client in clients.items()
    }


def build_machines(settings: Settings) -> list[Machine]:
    """The GPU servers behind the self-hosted clients; clients with the same address share one bill.

    Raises `ConfigurationError` for an unknown cost profile.
    """
    own = build_cost_profiles(settings)
    grouped: dict[tuple[str | None, str], list[str]] = {}
    for name, client in settings.clients.items():
        if client.billing == "self_hosted" and client.cost_profile is not None:
            address = client.base_url or name  # a client without an address shares its server with no other client
            grouped.setdefault((address, client.cost_profile), []).append(name)
    machines: list[Machine] = []
    for (_, profile), names in grouped.items():
        first = settings.clients[names[0]]
        rates = EXPECTED_RATES
        if first.prefill_tokens_per_second is not None and first.decode_tokens_per_second is not None:
            rates = Rates(first.prefill_tokens_per_second, first.decode_tokens_per_second, "settings (measured)")
        machines.append(Machine(names[0], tuple(names), get_cost_profile(profile, own), first.replicas, rates))
    return machines


def build_cost_context(loaded: LoadedSettings) -> CostContext:
    """What cost analysis needs from the settings; the model of a client may be defined only in `baml_src`."""
    settings = loaded.settings
    clients = build_clients(settings, loaded.environment)
    return CostContext(
        machines=tuple(build_machines(settings)),
        own_profiles=build_cost_profiles(settings),
        models=priced_models(clients),
        order=tuple(settings.routing.clients),
        first_client=lambda function, answered: first_expected(
            configured_order(function, settings.routing), clients, answered
        ),
    )


def build_cost_profiles(settings: Settings) -> dict[str, CostProfile]:
    """The cost profiles defined in the settings; `get_cost_profile` finds the shipped ones."""
    profiles: dict[str, CostProfile] = {}
    for name, given in settings.cost_profiles.items():
        hardware = own_hardware(
            name,
            purchase_usd=given.purchase_usd,
            life_months=given.life_months,
            watts=given.watts,
            usd_per_kwh=given.usd_per_kwh,
            gpu=given.gpu,
            gpu_count=given.gpu_count,
        )
        profiles[name] = replace(
            hardware,
            hourly_usd=given.hourly_usd + hardware.hourly_usd,
            commitment=given.commitment,
            storage_monthly_usd=given.storage_monthly_usd,
            network_monthly_usd=given.network_monthly_usd,
            engineering_monthly_usd=given.engineering_monthly_usd,
        )
    return profiles
