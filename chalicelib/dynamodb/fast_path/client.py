"""Sends calls as the plain JSON that DynamoDB takes and gives, without botocore's description of the service.

Credentials, signatures, timeouts, retry decisions, errors and events stay botocore's.
"""

import hmac
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, cast
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest
from botocore.endpoint import convert_to_response_dict
from botocore.hooks import first_non_none_response
from pydantic_core import from_json, to_json

from chalicelib.dynamodb.checksum import CorruptedResponse, is_corrupted
from chalicelib.dynamodb.fast_path.http_pool import HttpPool, Timeouts

_OPERATIONS: Final = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    }
)
PRIVATE_NAMES: Final = (
    "_endpoint._add_modeled_error_fields",
    "_endpoint._needs_retry",
    "_endpoint._response_parser_factory.create_parser",
    "_endpoint.http_session._cert_file",
    "_endpoint.http_session._proxy_config.proxy_url_for",
    "_endpoint.http_session._verify",
    "_request_signer._credentials",
    "_user_agent_creator.to_string",
)
_SIGNER_NAMES: Final = ("_sign", "headers_to_sign", "add_auth")
_OK: Final = 200
_FIRST_ERROR_STATUS: Final = 300
Response = tuple[Any, dict[str, Any]]
"""The HTTP response and its parsed body."""


def missing_names(client: Any) -> list[str]:
    """Return the private names that the fast path needs and this botocore lacks."""
    return [name for name in PRIVATE_NAMES if not _has(client, name)] + [
        f"SigV4Auth.{name}" for name in _SIGNER_NAMES if not hasattr(SigV4Auth, name)
    ]


def _has(client: Any, path: str) -> bool:
    try:
        attrgetter(path)(client)
    except AttributeError:
        return False
    return True


@dataclass(slots=True)
class _SignedRequest:
    """The part of a request that botocore's signer reads and writes."""

    url: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"
    params: Mapping[str, str] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    signed_headers: Any = None


class _SignedHeaders(dict[str, str]):
    """Headers by lower-case name. The signer asks for all values of a name; here each has one."""

    def get_all(self, name: str) -> list[str]:
        return [self[name]]


class _Signer(SigV4Auth):
    """botocore's signer without repeated work: it lists the signed headers once and caches the keys of a day."""

    def headers_to_sign(self, request: Any) -> Any:
        """Return all headers; those that aren't signed are added later."""
        if request.signed_headers is None:
            request.signed_headers = _SignedHeaders({name.lower(): value for name, value in request.headers.items()})
        return request.signed_headers

    def _sign(self, key: bytes, msg: str, hex: bool = False) -> Any:
        return hmac.digest(key, msg.encode(), "sha256").hex() if hex else _derived_key(key, msg)


@lru_cache(maxsize=16)
def _derived_key(key: bytes, message: str) -> bytes:
    """Derive one step of the key for a day, a region and a service."""
    return hmac.digest(key, message.encode(), "sha256")


class FastPathClient:
    """Sends the ten operations on items; calls of other operations go to ``fallback``.

    Args:
        client: a DynamoDB client of botocore.
        timeouts: those of the client's configuration.
        fallback: sends a call by botocore.
    """

    def __init__(
        self, client: Any, timeouts: Timeouts, *, fallback: Callable[[str, dict[str, Any]], dict[str, Any]]
    ) -> None:
        self._client = client
        self._fallback = fallback
        self._emit = client.meta.events.emit
        self._endpoint = client._endpoint
        self._url = client.meta.endpoint_url.rstrip("/") + "/"
        self._host = urlsplit(self._url).netloc
        self._region = client.meta.region_name
        self._user_agent = client._user_agent_creator.to_string()
        self._models = {name: client.meta.service_model.operation_model(name) for name in _OPERATIONS}
        pool = HttpPool.replacing(
            self._endpoint.http_session, self._url, timeouts, max_idle=client.meta.config.max_pool_connections
        )
        if pool is not None:
            self._endpoint.http_session = pool

    def __call__(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Make a call.

        Raises:
            ClientError: DynamoDB rejected it, or kept failing.
            BotoCoreError: DynamoDB could not be reached, or its responses arrived corrupted.
        """
        if operation not in _OPERATIONS or self._client._request_signer._credentials is None:
            return self._fallback(operation, arguments)
        model, context = self._models[operation], {"client_config": self._client.meta.config}
        self._emit(f"before-parameter-build.dynamodb.{operation}", params=arguments, model=model, context=context)
        request = {
            "body": to_json(arguments),
            "headers": {
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"DynamoDB_20120810.{operation}",
                "amz-sdk-invocation-id": str(uuid.uuid4()),
            },
            "context": context,
        }
        responses = self._emit(f"before-call.dynamodb.{operation}", model=model, params=request, context=context)
        http, parsed = first_non_none_response(responses) or self._send(model, request)
        self._emit(f"after-call.dynamodb.{operation}", http_response=http, parsed=parsed, model=model, context=context)
        if http.status_code >= _FIRST_ERROR_STATUS:
            raise self._client.exceptions.from_code(parsed.get("Error", {}).get("Code"))(parsed, operation)
        return parsed

    def _send(self, model: Any, request: dict[str, Any]) -> Response:
        """Send until there is a response, or botocore's retry rules give up."""
        attempts = 0
        while True:
            attempts += 1
            prepared, response, failure = self._signed(request["headers"], request["body"]), None, None
            try:
                responses = self._emit(f"before-send.dynamodb.{model.name}", request=prepared)
                http = first_non_none_response(responses) or self._endpoint.http_session.send(prepared)
                if is_corrupted(http):
                    raise CorruptedResponse
            except Exception as error:  # noqa: BLE001 - the retry rules decide
                failure = error
            else:
                if http.status_code == _OK:
                    return http, from_json(http.content)  # no retry rule concerns a success
                response = http, self._parsed_error(model, http)
            if not self._endpoint._needs_retry(attempts, model, request, response, failure):
                break
        if failure is not None:
            raise failure
        return cast(Response, response)

    def _signed(self, headers: Mapping[str, str], body: bytes) -> AWSPreparedRequest:
        request: Any = _SignedRequest(self._url, {"Host": self._host, **headers}, body)
        credentials = self._client._request_signer._credentials.get_frozen_credentials()
        _Signer(credentials, "dynamodb", self._region).add_auth(request)
        unsigned = {"User-Agent": self._user_agent, "Content-Length": str(len(body))}
        all_headers: Any = request.headers | unsigned
        return AWSPreparedRequest("POST", self._url, all_headers, body, stream_output=False)

    def _parsed_error(self, model: Any, http: Any) -> dict[str, Any]:
        response = convert_to_response_dict(http, model)
        parser = self._endpoint._response_parser_factory.create_parser(model.service_model.resolved_protocol)
        parsed = parser.parse(response, model.output_shape)
        self._endpoint._add_modeled_error_fields(response, parsed, model, parser)
        return cast(dict[str, Any], parsed)
