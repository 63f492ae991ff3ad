"""Parking over HTTP, one noun a module: handlers decode, call a use case, and answer. Each route names its audience."""

from litestar.handlers import HTTPRouteHandler

from parking.api import (
    accounts,
    appeals,
    cases,
    contests,
    events,
    facts,
    gateways,
    health,
    invariants,
    lots,
    plates,
    prices,
    publication,
    quotes,
    refusals,
    stays,
    stream,
    tariffs,
)

ROUTES: list[HTTPRouteHandler] = [
    *health.ROUTES,
    *events.ROUTES,
    *stays.ROUTES,
    *lots.ROUTES,
    *stream.ROUTES,
    *quotes.ROUTES,
    *tariffs.ROUTES,
    *plates.ROUTES,
    *cases.ROUTES,
    *facts.ROUTES,
    *appeals.ROUTES,
    *refusals.ROUTES,
    *accounts.ROUTES,
    *contests.ROUTES,
    *publication.ROUTES,
    *prices.ROUTES,
    *gateways.ROUTES,
    *invariants.ROUTES,
]
