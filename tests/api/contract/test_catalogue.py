"""The catalogue of routes is complete and consistent."""

import pytest

from chalicelib.api.auth import AccessLevel
from chalicelib.api.routing import REGISTRY
from chalicelib.loans.domain.loan import LoanStatus
from tests.api.contract.declared import APPLICATION
from tests.catalogue import ROUTES, STATUS_OF_CODE
from tests.relations import RELATIONS
from tests.route_examples import Route

EVERY_ROUTE = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)


def test_catalogue_lists_every_route_once() -> None:
    declared = [f"{method} {path}" for path, methods in APPLICATION.routes.items() for method in methods]

    assert sorted(route.name for route in ROUTES) == sorted(declared)


def test_catalogue_knows_which_routes_take_a_key() -> None:
    declared = {f"{each.method} {each.path}" for each in REGISTRY if each.idempotent}

    assert {route.name for route in ROUTES if route.is_keyed} == declared


def test_admin_routes_declare_operator_access() -> None:
    declared = {each.access for each in REGISTRY if each.path.startswith("/api/admin/")}

    assert declared == {AccessLevel.OPERATOR}


@EVERY_ROUTE
def test_each_route_admits_or_rejects_every_relation(route: Route) -> None:
    named = [relation for relations in route.allowed for relation in relations.split(", ")]
    results = [result.split() for result in route.allowed.values()]

    assert sorted(named) == sorted(RELATIONS)
    assert {len(each) for each in results} <= {1, len(LoanStatus)}
    assert {code for each in results for code in each} <= {"ok", *STATUS_OF_CODE}
