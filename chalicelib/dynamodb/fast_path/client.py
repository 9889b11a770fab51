"""Calls to DynamoDB with less work than botocore does for them.

botocore builds every request, and reads every answer, along a description of the service. What DynamoDB takes and gives
for items is plain JSON: here it is sent and read as such. Credentials, signatures, connections, time limits, the
decision whether to try again, the errors, and the events that others listen to stay botocore's.
"""

from __future__ import annotations

import hmac
import uuid
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, cast
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest
from botocore.endpoint import convert_to_response_dict
from pydantic_core import from_json, to_json

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
_OK: Final = 200
_REFUSED: Final = 300
_CHECKSUM: Final = "x-amz-crc32"
Answer = tuple[Any, dict[str, Any]]


@dataclass(slots=True)
class _Signable:
    """A request, as much of it as a signer of botocore's reads and writes."""

    url: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"
    params: Mapping[str, str] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    signed_headers: Any = None


class _Covered(dict[str, str]):
    """Headers under their names in lower case, each once, for a signer that would also take several of a name."""

    def get_all(self, name: str) -> list[str]:
        """The values of one."""
        return [self[name]]


class _Signer(SigV4Auth):
    """botocore's signer, spared what is the same in every request.

    It asks twice which headers it has to sign, and derives the key of the day anew for each signature.
    """

    def headers_to_sign(self, request: Any) -> Any:
        """The headers that the signature covers: all, for what is not covered is added later."""
        if request.signed_headers is None:
            request.signed_headers = _Covered({name.lower(): value for name, value in request.headers.items()})
        return request.signed_headers

    def _sign(self, key: bytes, msg: str, hex: bool = False) -> Any:
        return hmac.digest(key, msg.encode(), "sha256").hex() if hex else _derived(key, msg)


@lru_cache(maxsize=16)
def _derived(key: bytes, message: str) -> bytes:
    """A step from the secret to the key of a day, a region and a service."""
    return hmac.digest(key, message.encode(), "sha256")


class FastPathClient:
    """Takes the place of a DynamoDB client's ``_make_api_call``. Operations on tables go botocore's own way."""

    @classmethod
    def install(cls, client: Any, patience: Timeouts) -> None:
        """Let a client make its calls like this from now on."""
        session, most = client._endpoint.http_session, client.meta.config.max_pool_connections
        connections = HttpPool.like(session, client.meta.endpoint_url, patience, most_idle=most)
        if connections is not None:
            client._endpoint.http_session = connections
        client._make_api_call = cls(client)

    def __init__(self, client: Any) -> None:
        self._client = client
        self._plain: Callable[[str, Mapping[str, Any]], dict[str, Any]] = client._make_api_call
        self._emit = client.meta.events.emit
        self._endpoint = client._endpoint
        self._url = client.meta.endpoint_url.rstrip("/") + "/"
        self._host = urlsplit(self._url).netloc
        self._region = client.meta.region_name
        self._user_agent = client._user_agent_creator.to_string()
        self._models = {name: client.meta.service_model.operation_model(name) for name in _OPERATIONS}

    def __call__(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Make a call.

        Raises:
            ClientError: DynamoDB refused it, or kept failing.
            BotoCoreError: it could not be reached.
        """
        credentials = self._client._request_signer._credentials
        if operation not in _OPERATIONS or credentials is None:
            return self._plain(operation, parameters)
        model, context = self._models[operation], {"client_config": self._client.meta.config}
        self._emit(f"before-parameter-build.dynamodb.{operation}", params=parameters, model=model, context=context)
        request = {
            "body": to_json(parameters),
            "headers": {
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"DynamoDB_20120810.{operation}",
                "amz-sdk-invocation-id": str(uuid.uuid4()),
            },
            "context": context,
        }
        answers = self._emit(f"before-call.dynamodb.{operation}", model=model, params=request, context=context)
        http, parsed = _first(answers) or self._send(model, request)
        self._emit(f"after-call.dynamodb.{operation}", http_response=http, parsed=parsed, model=model, context=context)
        if http.status_code >= _REFUSED:
            raise self._client.exceptions.from_code(parsed.get("Error", {}).get("Code"))(parsed, operation)
        return parsed

    def _send(self, model: Any, request: dict[str, Any]) -> Answer:
        """Try until there is an answer, or botocore's rules for trying again give up."""
        attempts = 0
        while True:
            attempts += 1
            answer, failure = self._attempt(model, request)
            if answer is not None and _is_sound(answer[0]):
                return answer
            if not self._endpoint._needs_retry(attempts, model, request, answer, failure):
                break
        if failure is not None:
            raise failure
        return cast(Answer, answer)

    def _attempt(self, model: Any, request: Mapping[str, Any]) -> tuple[Answer | None, Exception | None]:
        prepared = self._signed(request["headers"], request["body"])
        try:
            answers = self._emit(f"before-send.dynamodb.{model.name}", request=prepared)
            http = _first(answers) or self._endpoint.http_session.send(prepared)
        except Exception as failure:  # noqa: BLE001 - the rules for trying again decide what it means
            return None, failure
        return (http, self._read(model, http)), None

    def _signed(self, given: Mapping[str, str], body: bytes) -> AWSPreparedRequest:
        signed: Any = _Signable(self._url, {"Host": self._host, **given}, body)
        credentials = self._client._request_signer._credentials.get_frozen_credentials()
        _Signer(credentials, "dynamodb", self._region).add_auth(signed)
        unsigned = {"User-Agent": self._user_agent, "Content-Length": str(len(body))}
        headers: Any = signed.headers | unsigned
        return AWSPreparedRequest("POST", self._url, headers, body, stream_output=False)

    def _read(self, model: Any, http: Any) -> dict[str, Any]:
        if http.status_code == _OK:
            return cast(dict[str, Any], from_json(http.content))
        response = convert_to_response_dict(http, model)
        parser = self._endpoint._response_parser_factory.create_parser(model.service_model.resolved_protocol)
        parsed = parser.parse(response, model.output_shape)
        self._endpoint._add_modeled_error_fields(response, parsed, model, parser)
        return cast(dict[str, Any], parsed)


def _first(answers: list[tuple[Any, Any]]) -> Any:
    """What the first listener that answers gives; None where none does."""
    return next((given for _, given in answers if given is not None), None)


def _is_sound(http: Any) -> bool:
    """Whether an answer is a success, and whole: then there is nothing that the rules for trying again would say."""
    if http.status_code != _OK:
        return False
    checksum = http.headers.get(_CHECKSUM)
    return checksum is None or int(checksum) == zlib.crc32(http.content)
