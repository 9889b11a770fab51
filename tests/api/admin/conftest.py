"""A signed-in operator."""

import pytest

from chalicelib.container import Container
from tests.factories import PASSWORD, User, ok
from tests.http_client import HttpClient


@pytest.fixture
def operator(container: Container, http: HttpClient) -> User:
    """A registered and signed-in operator."""
    boss = container.users.create_operator(username="boss", email="boss@example.com", password=PASSWORD)
    token = ok(http.post("/api/users/login/", {"username": "boss", "password": PASSWORD})).json["token"]
    return User(http.signed_in(token), boss.as_actor())
