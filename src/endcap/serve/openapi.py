"""The OpenAPI description, made from the same types that decode and encode."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec

from endcap import __version__
from endcap.serve.messages import Failure


class Described(Protocol):
    """What is read of an operation."""

    method: str
    path: str
    asked: type
    given: type
    status: int

    @property
    def summary(self) -> str:
        """What it does, for people."""


def described(operations: Sequence[Any]) -> dict[str, Any]:
    """An OpenAPI 3.1 document of the given operations."""
    types = {kind for operation in operations for kind in (operation.asked, operation.given)} | {Failure}
    ordered = sorted(types, key=lambda kind: kind.__name__)
    schemas, components = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    by_type = dict(zip(ordered, schemas, strict=True))
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, by_type, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "endcap",
            "version": __version__,
            "description": "Recommendations for an online shop.",
        },
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(operation: Described, schemas: dict[type, Any], components: dict[str, Any]) -> dict[str, Any]:
    answers = {str(operation.status): _json("What was asked for.", schemas[operation.given])}
    failures = {"422": "Something in the request does not fit; `error.field` says what."}
    body: dict[str, Any] = {}
    if operation.method == "POST":
        body = {"requestBody": {"required": True, **_content(schemas[operation.asked])}}
        if operation.status == 202:
            failures["503"] = "It cannot be stored now; the header Retry-After says when to try again."
        failures |= {"400": "The body is not JSON.", "413": "The body is too large."}
    else:
        body = {"parameters": list(_parameters(operation, components))}
    if "{" in operation.path:
        failures["404"] = "There is no such thing."
    return {
        "summary": operation.summary,
        "operationId": f"{operation.method.lower()}{operation.path.translate(str.maketrans('/{}', '___'))}",
        **body,
        "responses": answers | {status: _json(text, schemas[Failure]) for status, text in failures.items()},
    }


def _parameters(operation: Described, components: dict[str, Any]) -> Iterable[dict[str, Any]]:
    properties = components[operation.asked.__name__].get("properties", {})
    for name, schema in properties.items():
        inside = f"{{{name}}}" in operation.path
        yield {"name": name, "in": "path" if inside else "query", "required": inside, "schema": schema}


def _json(description: str, schema: Any) -> dict[str, Any]:
    return {"description": description, **_content(schema)}


def _content(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}
