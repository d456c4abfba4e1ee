"""The storefront in a real browser: what a visitor sees, and what endcap is told about it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Response, Route, ViewportSize, expect

pytestmark = pytest.mark.browser

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
TALL: ViewportSize = {"width": 1280, "height": 1600}
PHONE: ViewportSize = {"width": 390, "height": 844}
Event = dict[str, Any]


@pytest.fixture
def page(browser: Browser, shop_url: str) -> Iterator[Page]:
    """A new visitor's page; a script's error or a breach of the content policy fails the test."""
    context = browser.new_context(base_url=shop_url, viewport=DESKTOP, reduced_motion="reduce")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.extend(re.findall(r".*Content Security Policy.*", line.text)))
    yield page
    page.unroute_all(behavior="wait")
    context.close()
    assert faults == []


@pytest.fixture
def told(page: Page) -> list[Event]:
    """The events that the page has sent so far; grows."""
    events: list[Event] = []
    page.on("request", lambda request: events.extend(events_of(request)))
    return events


@pytest.fixture
def item(page: Page) -> dict[str, Any]:
    """Some item that can be bought."""
    items: list[dict[str, Any]] = page.request.get("/v1/items?limit=50").json()["items"]
    return next(item for item in items if item["available"])


def body(request: Request, path: str) -> dict[str, Any]:
    """What was posted to a path of the API; empty for other requests."""
    if not request.url.endswith(path) or request.post_data is None:
        return {}
    content: dict[str, Any] = json.loads(request.post_data)
    return content


def events_of(request: Request, kind: str | None = None) -> list[Event]:
    """The events in a request, of one kind or of all."""
    events: list[Event] = body(request, "/v1/events").get("events", [])
    return [event for event in events if kind in (None, event["kind"])]


def tells(kind: str) -> Callable[[Request], bool]:
    """Whether a request carries an event of a kind."""
    return lambda request: events_of(request, kind) != []


def fills(slot: str) -> Callable[[Response], bool]:
    """Whether a response is the slate of a slot."""
    return lambda response: body(response.request, "/v1/recommend").get("slot") == slot


def shelf(page: Page, slot: str) -> Locator:
    """The carousel of a slot."""
    return page.locator(f'endcap-carousel[slot-name="{slot}"]')


def opened(page: Page, address: str, slot: str) -> dict[str, Any]:
    """Go to an address and give the slate that a slot was filled with."""
    with page.expect_response(fills(slot)) as response:
        page.goto(address)
    slate: dict[str, Any] = response.value.json()
    expect(shelf(page, slot).locator("endcap-tile")).to_have_count(len(slate["items"]))
    return slate


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "White Hanging Heart T-Light Holder"),
        ("SET OF 3 CAKE TINS PANTRY DESIGN ", "Set of 3 Cake Tins Pantry Design"),
        ("I LOVE LONDON MINI  BACKPACK", "I Love London Mini Backpack"),
        ("CHILDREN'S CIRCUS PARADE MUG", "Children's Circus Parade Mug"),
        ("WRAP 50'S  CHRISTMAS", "Wrap 50's Christmas"),
        ("LUNCH BAG  BLACK SKULL.", "Lunch Bag Black Skull"),
        ("BAG 125g SWIRLY MARBLES", "Bag 125g Swirly Marbles"),
        ("KEY FOB , SHED", "Key Fob, Shed"),
        ("3D CHRISTMAS STAMPS STICKERS", "3D Christmas Stamps Stickers"),
        ("Already in its own case", "Already in its own case"),
        ("", ""),
    ],
)
def test_titles_do_not_shout(page: Page, title: str, shown: str) -> None:
    page.goto("/")
    title_case = "async (title) => (await import('/static/words.js')).titleCase(title)"
    assert page.evaluate(title_case, title) == shown


def test_an_id_that_stands_for_a_title_stays_as_the_shop_writes_it(page: Page) -> None:
    page.goto("/")
    title_of = "async (item) => (await import('/static/words.js')).titleOf(item)"
    assert page.evaluate(title_of, {"item_id": "BREAD-WHITE", "title": "BREAD-WHITE"}) == "BREAD-WHITE"
    assert page.evaluate(title_of, {"item_id": "b", "title": "BREAD WHITE"}) == "Bread White"


@pytest.mark.parametrize(
    ("attribute", "ids"),
    [("a1, b2 ,", ["a1", "b2"]), ('["a,1", " b"]', ["a,1", " b"]), ("[/b]", ["[/b]"]), ("7", ["7"])],
)
def test_a_shelf_takes_ids_between_commas_or_as_a_list(page: Page, attribute: str, ids: list[str]) -> None:
    page.goto("/")
    cart_of = """(text) => {
      const shelf = document.createElement("endcap-carousel");
      shelf.setAttribute("cart", text);
      return shelf.cart;
    }"""
    assert page.evaluate(cart_of, attribute) == ids


@pytest.mark.parametrize("address", ["a%2Fb", "a/b", "50%", "50%25"])
def test_any_id_has_an_address(page: Page, address: str) -> None:
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/item/{address}")
    expect(page.get_by_role("heading", name="We do not have that one")).to_be_visible()
    wanted = {"a%2Fb": "a%2Fb", "a/b": "a%2Fb", "50%": "50%25", "50%25": "50%25"}[address]
    assert any(url.endswith(f"/v1/items/{wanted}") for url in asked)


def test_home_has_two_shelves_that_share_no_item(page: Page) -> None:
    page.goto("/")
    for slot in ("home/for-you", "home/popular"):
        expect(shelf(page, slot).locator("endcap-tile").first).to_be_visible()
    links = page.locator("endcap-tile a").evaluate_all("links => links.map(link => link.pathname)")
    assert len(links) == len(set(links))


def test_footer_says_where_data_and_recommendations_come_from(page: Page) -> None:
    shop = page.request.get("/v1/shop").json()
    page.goto("/")
    footer = page.locator("footer.bottom")
    expect(footer).to_contain_text(f"Recommendations by endcap, bundle {shop['bundle']}")
    expect(footer).to_contain_text(shop["attribution"])
    links = footer.get_by_role("link").evaluate_all("links => links.map(link => link.pathname)")
    assert links == ["/docs", "/openapi.json"]


def test_the_same_item_always_looks_the_same(page: Page, item: dict[str, Any]) -> None:
    drawings = []
    for _ in range(2):
        page.goto(f"/item/{item['item_id']}")
        picture = page.locator(".item endcap-picture svg")
        expect(picture).to_be_visible()
        drawings.append(re.sub(r"print-\d+|<!--.*?-->", "", picture.evaluate("svg => svg.outerHTML")))
    assert drawings[0] == drawings[1]


def test_every_tile_in_view_is_one_impression(page: Page, told: list[Event]) -> None:
    page.set_viewport_size(TALL)
    with page.expect_request(tells("impression")):
        slate = opened(page, "/", "home/for-you")
    shown = [event for event in told if (event["kind"], event["slate_id"]) == ("impression", slate["slate_id"])]
    ids = [entry["item_id"] for entry in slate["items"]]
    assert shown
    assert all(event["item_id"] == ids[event["position"] - 1] for event in shown)
    assert len({event["position"] for event in shown}) == len(shown)


def test_a_view_remembers_the_slate_and_place_it_came_from(page: Page) -> None:
    slate = opened(page, "/", "home/for-you")
    chosen = slate["items"][1]["item_id"]
    with page.expect_request(tells("view")) as request:
        shelf(page, "home/for-you").locator("endcap-tile a").nth(1).click()
    (view,) = events_of(request.value, "view")
    assert (view["item_id"], view["slate_id"], view["position"]) == (chosen, slate["slate_id"], 2)
    expect(page).to_have_url(re.compile(rf"/item/{re.escape(chosen)}$"))


def test_an_item_page_offers_what_goes_with_it_and_what_replaces_it(page: Page, item: dict[str, Any]) -> None:
    opened(page, f"/item/{item['item_id']}", "item/together")
    expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    expect(shelf(page, "item/substitutes")).to_be_attached()


def test_an_unknown_item_is_kindly_missing(page: Page) -> None:
    page.goto("/item/no-such-item")
    expect(page.get_by_role("heading", name="We do not have that one")).to_be_visible()


def test_from_tile_to_order(page: Page, told: list[Event]) -> None:
    slate = opened(page, "/", "home/for-you")
    entry = slate["items"][0]
    with page.expect_request(tells("cart")):
        shelf(page, "home/for-you").get_by_role("button", name="Add to cart").first.click()
    expect(page.get_by_role("status")).to_contain_text("is in your cart")
    page.get_by_role("link", name="Cart, 1 item").click()
    page.get_by_role("button", name="One more").click()
    expect(page.locator("dd.total")).to_have_text(f"£{2 * entry['price']:,.2f}")
    with page.expect_request(tells("purchase")):
        page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_focused()
    expect(page.get_by_role("link", name="Cart, 0 items")).to_be_visible()

    carts = [event for event in told if event["kind"] == "cart"]
    (purchase,) = [event for event in told if event["kind"] == "purchase"]
    assert [event["quantity"] for event in carts] == [1, 1]
    assert purchase.items() >= {"item_id": entry["item_id"], "quantity": 2, "price": entry["price"]}.items()
    assert purchase.items() >= {"slate_id": slate["slate_id"], "position": 1}.items()
    assert purchase["order_id"]


def test_taking_out_is_an_uncart(page: Page, item: dict[str, Any]) -> None:
    page.goto(f"/item/{item['item_id']}")
    page.get_by_role("button", name="Add to cart", exact=True).click()
    expect(page.get_by_role("link", name="Cart, 1 item")).to_be_visible()
    page.goto("/cart")
    with page.expect_request(tells("uncart")) as request:
        page.get_by_role("button", name="Remove").click()
    (event,) = events_of(request.value, "uncart")
    assert (event["item_id"], event["quantity"]) == (item["item_id"], 1)
    expect(page.get_by_role("heading", name="Your cart is empty")).to_be_visible()


def test_why_this_names_tier_bundle_and_slate_and_gives_focus_back(page: Page) -> None:
    slate = opened(page, "/", "home/for-you")
    ask = shelf(page, "home/for-you").get_by_role("button", name="Why this?").first
    ask.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    retrievers = [re.sub(r"[_-]+", " ", name) for name in slate["items"][0]["retrievers"]]
    for words in (slate["slate_id"], slate["bundle"], slate["variant"], *retrievers):
        expect(dialog).to_contain_text(words)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(ask).to_be_focused()


def test_arrow_keys_walk_along_a_shelf(page: Page) -> None:
    opened(page, "/", "home/for-you")
    links = shelf(page, "home/for-you").locator("endcap-tile a")
    links.first.focus()
    page.keyboard.press("ArrowRight")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(links.last).to_be_focused()


def test_a_fallback_says_that_it_is_one(page: Page) -> None:
    def as_fallback(route: Route) -> None:
        slate = route.fetch().json()
        items = [{**entry, "tier": "popular"} for entry in slate["items"]]
        reason = "nothing is known of this visitor"
        route.fulfill(json={**slate, "items": items, "tier": "popular", "reason": reason})

    page.route("**/v1/recommend", as_fallback)
    page.goto("/")
    caption = "Popular right now – because: nothing is known of this visitor"
    expect(shelf(page, "home/for-you")).to_contain_text(caption)


def test_a_shelf_that_fails_says_so_and_can_be_tried_again(page: Page) -> None:
    busy = {"error": {"code": "overloaded", "message": "The server is busy.", "field": None}}
    page.route("**/v1/recommend", lambda route: route.fulfill(status=503, json=busy))
    page.goto("/")
    broken = shelf(page, "home/for-you")
    expect(broken.get_by_role("alert")).to_contain_text("The server is busy.")
    page.unroute("**/v1/recommend")
    broken.get_by_role("button", name="Try again").click()
    expect(broken.locator("endcap-tile").first).to_be_visible()


def test_search_finds_by_title_and_tells_the_query(page: Page, item: dict[str, Any]) -> None:
    word = max(item["title"].split(), key=len)
    page.goto("/")
    page.get_by_role("searchbox").fill(word)
    with page.expect_request(tells("search")) as request:
        page.get_by_role("searchbox").press("Enter")
    assert [event["query"] for event in events_of(request.value, "search")] == [word]
    expect(page.locator(".grid endcap-tile").first).to_be_visible()


def test_events_wait_for_a_server_that_is_away(page: Page) -> None:
    away = {"error": {"code": "overloaded", "message": "The server is busy.", "field": None}}
    page.clock.install()
    page.route("**/v1/events", lambda route: route.fulfill(status=503, json=away))
    with page.expect_response(lambda response: tells("search")(response.request)) as first:
        page.goto("/search?q=mug")
    assert first.value.status == 503
    page.unroute("**/v1/events")
    with page.expect_response(lambda response: tells("search")(response.request)) as second:
        page.clock.run_for(5_000)
    assert second.value.status == 202


def test_a_search_without_results_says_so(page: Page) -> None:
    page.goto("/search?q=zzzzqqqq")
    expect(page.get_by_text("Nothing in the shop is called that.")).to_be_visible()


def test_shopping_as_somebody_fills_the_shelves_for_them(page: Page) -> None:
    opened(page, "/", "home/for-you")
    page.get_by_role("button", name="Shopping as Guest").click()
    page.get_by_label("Customer number").fill("17850")
    with page.expect_response(fills("home/for-you")) as response:
        page.keyboard.press("Enter")
    assert body(response.value.request, "/v1/recommend")["user"] == "17850"
    expect(page.get_by_role("button", name="Shopping as No. 17850")).to_be_focused()


def test_the_keyboard_can_skip_to_the_content(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("address", ["/", "/item/{item_id}", "/cart", "/search", "/search?q=zzzzqqqq"])
def test_a_phone_never_scrolls_sideways(page: Page, item: dict[str, Any], address: str) -> None:
    page.set_viewport_size(PHONE)
    page.goto(address.format_map(item))
    expect(page.locator("endcap-tile").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_api_page_shows_the_operations(page: Page) -> None:
    page.goto("/docs")
    expect(page.locator(".opblock").filter(has_text="/v1/recommend").first).to_be_visible()
