"""The HTTP interface: every operation, and one shape for everything that goes wrong."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from endcap.serve.app import ShopFacts, application
from endcap.serve.endpoints import LARGEST_BODY
from endcap.serve.recommender import Recommender
from endcap.stream.log import SegmentLog
from endcap.testing import START

Ask = Callable[..., httpx.Response]
TOGETHER = {"slot": "item/together", "session": "s1"}


@pytest.fixture
def log(tmp_path: Path) -> SegmentLog:
    return SegmentLog(tmp_path / "events")


@pytest.fixture
def ask(recommender: Recommender, log: SegmentLog, http: Callable[..., httpx.Response]) -> Ask:
    app = application(recommender, log, ShopFacts("demo", "GBP", "nobody"), clock=lambda: START)
    return lambda method, path, **options: http(app, method, path, **options)


def problem(response: httpx.Response) -> dict[str, Any]:
    """The error in a response, which has the one shape and names nothing of the inside."""
    assert response.headers["content-type"] == "application/json"
    body: dict[str, Any] = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "field"}
    assert "Traceback" not in response.text
    return body["error"]  # type: ignore[no-any-return]


def test_recommend(ask: Ask) -> None:
    response = ask("POST", "/v1/recommend", json={**TOGETHER, "item": "i4", "k": 3, "explain": True})
    slate = response.json()
    assert response.status_code == 200
    assert (slate["tier"], slate["bundle"], len(slate["items"])) == ("primary", "small-1", 3)
    assert slate["trace"][0]["kind"] == "retriever"


def test_an_event_may_say_its_device_and_the_log_keeps_it(ask: Ask, log: SegmentLog) -> None:
    told = {"kind": "view", "session_id": "s1", "item_id": "i7"}
    events = [{**told, "device": "phone", "country": "PT"}, told]
    assert ask("POST", "/v1/events", json={"events": events}).status_code == 202
    assert [(event.device, event.country) for _, event in log.read()] == [("phone", "PT"), (None, None)]


def test_events_are_stored_and_change_the_next_slate(ask: Ask, log: SegmentLog) -> None:
    assert ask("POST", "/v1/recommend", json=TOGETHER).json()["tier"] == "popular"
    events = [
        {"kind": "view", "session_id": "s1", "item_id": "i7", "time": 5e9},
        {"kind": "search", "session_id": "s1"},
    ]
    response = ask("POST", "/v1/events", json={"events": events})
    assert (response.status_code, response.json()) == (202, {"accepted": 2})
    assert [(event.kind, event.item_id, event.time) for _, event in log.read()] == [
        ("view", "i7", START),
        ("search", None, START),
    ]
    slate = ask("POST", "/v1/recommend", json=TOGETHER).json()
    assert slate["tier"] == "primary"
    assert {item["category"] for item in slate["items"]} == {"odd"}


def test_looking_at_the_catalog(ask: Ask) -> None:
    item = ask("GET", "/v1/items/i4").json()
    assert (item["title"], item["category"], item["price"], item["available"]) == ("Item 4", "even", 1.0, True)
    assert [variant["item_id"] for variant in item["variants"]] == ["i6"]
    page = ask("GET", "/v1/items", params={"query": "ITEM 1", "category": "odd", "limit": 2}).json()
    assert page["total"] == 6
    assert [found["title"] for found in page["items"]] == ["Item 1", "Item 11"]
    assert ask("GET", "/v1/items?offset=20").json() == {"total": 20, "items": []}
    assert ask("GET", "/v1/items?category=none").json()["total"] == 0


def test_what_a_storefront_and_a_load_balancer_must_know(ask: Ask) -> None:
    shop = ask("GET", "/v1/shop").json()
    assert (shop["name"], shop["currency"], shop["bundle"]) == ("demo", "GBP", "small-1")
    assert shop["slots"] == [{"name": "item/together", "k": 4}, {"name": "home/popular", "k": 4}]
    assert ask("GET", "/health").json() == {"status": "ok", "bundle": "small-1"}
    assert ask("GET", "/ready").json() == {"status": "ready", "bundle": "small-1"}


def test_an_id_may_hold_anything(ask: Ask) -> None:
    for item_id in ("a/b", "50% off", "naïve?x=1"):
        response = ask("GET", f"/v1/items/{quote(item_id, safe='')}")
        assert problem(response) == {
            "code": "unknown_item", "message": f"no item is called {item_id!r}", "field": "item_id",
        }  # fmt: skip


@pytest.mark.parametrize("path", ["/", "/item/i4", "/item/a/b", "/cart", "/search", "/docs"])
def test_pages(ask: Ask, path: str) -> None:
    response = ask("GET", path)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"slot": "\xff"}', b"[" * 100_000, b"nonsense"])
@pytest.mark.parametrize("path", ["/v1/recommend", "/v1/events"])
def test_what_is_not_json(ask: Ask, path: str, content: bytes) -> None:
    response = ask("POST", path, content=content)
    assert response.status_code in (400, 422)
    assert problem(response)["code"] == ("not_json" if response.status_code == 400 else "invalid_request")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/recommend", {"slot": 3}, "slot"),
        ("/v1/recommend", {}, "slot"),
        ("/v1/recommend", {"slot": "nowhere"}, "slot"),
        ("/v1/recommend", {"slot": ""}, "slot"),
        ("/v1/recommend", {**TOGETHER, "k": 0}, "k"),
        ("/v1/recommend", {**TOGETHER, "k": "4"}, "k"),
        ("/v1/recommend", {**TOGETHER, "k": 10**30}, "k"),
        ("/v1/recommend", {**TOGETHER, "cart": ["i1", 5]}, "cart[1]"),
        ("/v1/recommend", {**TOGETHER, "item": "x" * 201}, "item"),
        ("/v1/recommend", {**TOGETHER, "colour": "red"}, "colour"),
        ("/v1/recommend", [], None),
        ("/v1/events", {"events": []}, "events"),
        ("/v1/events", {"events": [{"kind": "view", "session_id": "s"}]}, "events[0].item_id"),
        ("/v1/events", {"events": [{"kind": "look", "session_id": "s", "item_id": "i1"}]}, "events[0].kind"),
        ("/v1/events", {"events": [{"kind": "view", "item_id": "i1"}]}, "events[0].session_id"),
        (
            "/v1/events",
            {"events": [{"kind": "view", "session_id": "s", "item_id": "i1", "quantity": -1}]},
            "events[0].quantity",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(ask: Ask, path: str, body: object, field: str | None) -> None:
    response = ask("POST", path, json=body)
    assert response.status_code == 422
    found = problem(response)
    assert found["code"] == "invalid_request"
    assert found["field"] == field


@pytest.mark.parametrize(("query", "field"), [("limit=0", "limit"), ("limit=x", "limit"), ("offset=-1", "offset")])
def test_a_search_that_does_not_fit(ask: Ask, query: str, field: str) -> None:
    response = ask("GET", f"/v1/items?{query}")
    assert (response.status_code, problem(response)["field"]) == (422, field)


def test_a_body_too_large_is_refused_before_it_is_read(ask: Ask, log: SegmentLog) -> None:
    event = {"kind": "search", "session_id": "s", "query": "x" * 400}
    body = json.dumps({"events": [event] * 3000}).encode()
    assert len(body) > LARGEST_BODY
    response = ask("POST", "/v1/events", content=body)
    assert (response.status_code, problem(response)["code"]) == (413, "too_large")
    assert list(log.read()) == []


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/static/nothing.js", 404, "not_found"),
        ("GET", "/static/../app.py", 404, "not_found"),
        ("GET", "/v1/items/nothing", 404, "unknown_item"),
        ("GET", "/v1/recommend", 405, "method_not_allowed"),
        ("DELETE", "/v1/events", 405, "method_not_allowed"),
        ("POST", "/health", 405, "method_not_allowed"),
        ("POST", "/openapi.json", 405, "method_not_allowed"),
    ],
)
def test_no_such_thing(ask: Ask, method: str, path: str, status: int, code: str) -> None:
    response = ask(method, path)
    assert (response.status_code, problem(response)["code"]) == (status, code)
    assert ("allow" in response.headers) == (status == 405)


def test_what_nobody_foresaw_is_500_with_a_reference_into_the_log(
    ask: Ask, recommender: Recommender, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setattr(recommender, "answer", broken)
    response = ask("POST", "/v1/recommend", json=TOGETHER)
    assert response.status_code == 500
    found = problem(response)
    assert found["code"] == "internal_error"
    assert "secret" not in response.text
    reference = found["message"].split()[-1]
    logged = "".join(capfd.readouterr())
    assert reference in logged
    assert "a secret of the inside" in logged


def test_a_full_disk_is_503_and_nothing_is_learned(
    ask: Ask, log: SegmentLog, recommender: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    response = ask("POST", "/v1/events", json={"events": [{"kind": "view", "session_id": "s1", "item_id": "i7"}]})
    assert (response.status_code, problem(response)["code"]) == (503, "cannot_store")
    assert int(response.headers["retry-after"]) > 0
    assert recommender.recent.of_session("s1") == []
    assert list(log.read()) == []
    assert ask("POST", "/v1/recommend", json=TOGETHER).status_code == 200


def test_openapi_lists_every_operation_with_references_that_lead_somewhere(ask: Ask) -> None:
    document = ask("GET", "/openapi.json").json()
    listed = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert listed == {
        ("post", "/v1/recommend"),
        ("post", "/v1/events"),
        ("get", "/v1/items/{item_id}"),
        ("get", "/v1/items"),
        ("get", "/v1/shop"),
        ("get", "/health"),
        ("get", "/ready"),
    }
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] for operation in operations)
    references = set(references_in(document))
    assert {reference.removeprefix("#/components/schemas/") for reference in references} <= set(
        document["components"]["schemas"]
    )
    assert len(references) > 5
    (parameter,) = document["paths"]["/v1/items/{item_id}"]["get"]["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("item_id", "path", True)


def references_in(thing: Any) -> list[str]:
    """Every ``$ref`` in a document."""
    if isinstance(thing, dict):
        own = [thing["$ref"]] if "$ref" in thing else []
        return own + [reference for value in thing.values() for reference in references_in(value)]
    if isinstance(thing, list):
        return [reference for value in thing for reference in references_in(value)]
    return []
