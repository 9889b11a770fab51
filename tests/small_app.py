"""A small Chalice application for tests of the gateway and the server."""

from collections.abc import Callable
from typing import Any

from chalice.app import Chalice, Request, Response


def small_app(*, seen: list[Any] | None = None, hold: Callable[[], object] | None = None) -> Chalice:
    """Create an application with a few routes.

    Args:
        seen: List that receives the events and contexts of all invocations.
        hold: Called by ``POST /wait`` before it responds.
    """
    app = Chalice(app_name="small")

    def note(request: Request, get_response: Callable[[Request], Response]) -> Response:
        if seen is not None:
            seen.append((request.to_original_event(), request.lambda_context))
        response = get_response(request)
        response.headers["X-Route"] = request.path
        return response

    app.register_middleware(note, "http")
    _declare_loans(app)
    _declare_oddities(app, hold)
    return app


def _declare_loans(app: Chalice) -> None:
    @app.route("/loans/{loan_id}", methods=["GET", "DELETE"])
    def loan(loan_id: str) -> Response:
        return Response(f'{{"loan":"{loan_id}"}}', headers={"Content-Type": "application/json"})

    @app.route("/loans/available", methods=["GET"])
    def available() -> Response:
        return Response("[]", headers={"Content-Type": "application/json", "Set-Cookie": ["a=1", "b=2"]})

    @app.route("/loans", methods=["POST"], content_types=["*/*"])
    def create() -> Response:
        return Response("", status_code=204)


def _declare_oddities(app: Chalice, hold: Callable[[], object] | None) -> None:
    @app.route("/picture", methods=["GET"])
    def picture() -> Response:
        return Response(b"\x89PNG\xff", headers={"Content-Type": "image/png"})

    @app.route("/headers", methods=["GET"])
    def headers() -> Response:
        request = app.current_request
        assert request is not None
        return Response(request.headers.get("x-odd"), headers={"Content-Type": "text/plain"})

    @app.route("/broken", methods=["GET"])
    def broken() -> Response:
        return Response(object())  # cannot be serialised: Chalice raises after its own guard

    @app.route("/wait", methods=["POST"], content_types=["*/*"])
    def wait() -> Response:
        if hold is not None:
            hold()
        return Response("done", headers={"Content-Type": "text/plain"})
