"""Tables of ids become arrays of codes: counted, joined and sorted by the engine, and written down as they stream by.

Each piece is a file that is complete or not there, so that an interrupted run goes on where it was. Codes follow the
order of the ids and rows are sorted by all they hold, so that every engine gives the same bytes.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from endcap.core.appending import Appended, mapped
from endcap.core.arrays import Array, Ragged, Strings
from endcap.core.catalog import OFFERED, PREPARED_PRICE, Catalog, Column, Labels
from endcap.core.dataset import Baskets, Events, Grouped, Searches
from endcap.core.records import KINDS
from endcap.core.spelling import Rule
from endcap.core.vocabulary import Vocabulary
from endcap.data.aliases import aliases_of
from endcap.data.columns import COMPLETE, LISTED, LOG, ROW, SCOPE
from endcap.data.engines import arrow, batches, kept, reopened, rows, stored

TEXTS = ("title", "image")
"""Catalog columns in which hardly a value comes twice; other texts are labels."""
ALWAYS = ("title", "image", "category", "family")
"""Catalog columns that a dataset has even where nothing is known of them."""
HIDDEN = (ROW, SCOPE, LISTED)
"""Columns of a prepared catalog that say how it was read, and nothing of the items themselves."""
EVENT_TYPES = {
    "session": "i4", "user": "i4", "item": "i4", "kind": "i1", "time": "f8", "quantity": "f4", "price": "f8",
    "order": "i4",
}  # fmt: skip
WEIGHT = {"weight": "f4"}
"""As `EVENT_TYPES`, where a step weighed the events."""
SORTED = ("session", "time", "item", "kind", "order", "user", "quantity", "price")
Arrays = Mapping[str, Appended]


class Coding:
    """Events and a catalog in one coding; every piece is made when it is first asked for, and kept in a folder."""

    def __init__(
        self,
        events: ibis.Table,
        catalog: ibis.Table,
        folder: Path,
        rules: Mapping[str, Rule] = MappingProxyType({}),
        aliases: Mapping[str, ibis.Table] = MappingProxyType({}),
    ) -> None:
        """`rules` and `aliases` are those of `endcap.data.aliases.JoinedIds`."""
        self.seen = events.filter(events.item_id.notnull())
        self.typed = (
            events.filter(events.kind == "search", events.query.notnull()) if "query" in events.columns else None
        )
        self.described = catalog
        self.folder = folder
        self.weight = WEIGHT if "weight" in events.columns else {}
        self.rules, self.aliases = rules, aliases

    def items(self) -> ibis.Table:
        """Codes of the catalog's items in the order of their ids, then of those that are in no catalog."""

        def make() -> ibis.Table:
            known = self.described.select(item_id=self.described.item_id, extra=ibis.literal(0, "int32"))
            sold = self.seen.select("item_id").distinct().mutate(extra=ibis.literal(1, "int32"))
            both = known.union(sold).group_by("item_id").agg(extra=ibis._.extra.min())
            return both.select("item_id", item=_places(["extra", "item_id"]))

        return self._table("items", make)

    def sessions(self) -> ibis.Table:
        """Codes of the sessions in the order of their ids, and how many events each has."""

        def make() -> ibis.Table:
            counted = self.seen.group_by("session_id").agg(events=ibis._.count())
            return counted.select("session_id", "events", session=_places(["session_id"]))

        return self._table("sessions", make)

    def users(self) -> ibis.Table:
        """Codes of the users in the order of their ids."""
        return self._table("users", lambda: _numbered(self.seen, "user_id", "user"))

    def orders(self) -> ibis.Table:
        """Codes of the orders in the order of their ids."""
        return self._table("orders", lambda: _numbered(self.seen, "order_id", "order"))

    def coded(self) -> ibis.Table:
        """All events that name an item, in codes, sorted by all they hold."""

        def make() -> ibis.Table:
            coded = self.seen.join(self.items(), "item_id")
            coded = coded.join(self.sessions().select("session_id", "session"), "session_id")
            for table, code in ((self.users(), "user"), (self.orders(), "order")):
                coded = coded.left_join(table, f"{code}_id").drop(f"{code}_id_right")
                coded = coded.mutate(**{code: coded[code].fill_null(ibis.literal(-1, "int32"))})
            columns = {name: coded[name] for name in EVENT_TYPES}
            columns["kind"] = coded.kind.cases(*((kind, ibis.literal(n, "int8")) for n, kind in enumerate(KINDS)))
            nan = ibis.literal(float("nan"), "float64")
            columns |= {name: coded[name].cast("float64").fill_null(nan) for name in ("quantity", "price")}
            columns |= {name: coded[name].cast("float64").fill_null(1.0) for name in self.weight}
            return coded.select(**columns).order_by([*SORTED, *self.weight])

        return self._table("coded", make)

    def events(self) -> Events:
        """All events that name an item, their sessions and baskets laid down beside them."""

        def fill(arrays: Arrays) -> None:
            self.coded()
            for batch in stored(self.folder / "coded.parquet"):
                for name, array in arrays.items():
                    array.append(batch[name].to_numpy())

        columns = self._arrays("event", {**EVENT_TYPES, **self.weight}, fill)
        return Events(**columns, grouped=Grouped(self.session_offsets(), self.baskets()))

    def session_offsets(self) -> Array:
        """Where each session begins among the events, and the last one ends."""

        def fill(arrays: Arrays) -> None:
            end = np.zeros(1, np.int64)
            arrays["offsets"].append(end)
            for batch in batches(self.sessions().order_by("session").select("events")):
                ends = end[-1] + np.cumsum(batch["events"].to_numpy())
                arrays["offsets"].append(ends)
                end = ends if len(ends) else end

        return self._arrays("session", {"offsets": "i8"}, fill)["offsets"]

    def baskets(self) -> Baskets:
        """The different items of each order, orders by time and items by code."""

        def fill(arrays: Arrays) -> None:
            bought = self.coded().filter(ibis._.kind == KINDS.index("purchase"), ibis._.order >= 0)
            orders = bought.group_by("order").agg(time=bought.time.min(), user=bought.user.max())
            weightiest = {name: bought[name].max() for name in self.weight}
            lines = bought.group_by("order", "item").agg(**weightiest).join(orders, "order")
            columns, last, length = ["order", "item", "time", "user", *self.weight], -1, 0
            for batch in batches(lines.select(columns).order_by(["time", "order", "item"])):
                order = batch["order"].to_numpy()
                starts = np.flatnonzero(np.diff(order, prepend=last))
                arrays["items"].append(batch["item"].to_numpy())
                arrays["time"].append(batch["time"].to_numpy()[starts])
                arrays["user"].append(batch["user"].to_numpy()[starts])
                for name in self.weight:
                    arrays[name].append(batch[name].to_numpy())
                arrays["offsets"].append(length + starts)
                last, length = int(order[-1]) if len(order) else last, length + len(order)
            arrays["offsets"].append(np.array([length]))

        types = {"items": "i4", "offsets": "i8", "time": "f8", "user": "i4", **self.weight}
        made = self._arrays("basket", types, fill)
        return Baskets(Ragged(made["offsets"], made["items"]), made["time"], made["user"], made.get("weight"))

    def searches(self) -> Searches | None:
        """What was typed in sessions that also have other events; None if nothing ever was."""
        typed = self.typed
        if typed is None:
            return None
        texts = self._table("texts", lambda: _numbered(typed.mutate(text_id=typed.query), "text_id", "text"))

        def fill(arrays: Arrays) -> None:
            found = typed.join(self.sessions().select("session_id", "session"), "session_id")
            found = found.left_join(self.users(), "user_id").drop("user_id_right")
            found = found.join(texts, found.query == texts.text_id)
            user = found.user.fill_null(ibis.literal(-1, "int32"))
            for batch in batches(found.select("session", "time", "text", user=user).order_by(list(types))):
                for name, array in arrays.items():
                    array.append(batch[name].to_numpy())

        types = {"time": "f8", "session": "i4", "text": "i4", "user": "i4"}
        columns = self._arrays("search", types, fill)
        return Searches(**columns, texts=self.vocabulary(texts, "text")) if len(columns["text"]) else None

    def told(self, name: str) -> Labels | None:
        """Device or country of each session: what the first of its events to say it says; None if none ever does."""
        if name not in self.seen.columns:
            return None
        told = self._table(f"told-{name}", lambda: _first_told(self.seen, name))
        if not rows(told.limit(1)):
            return None
        names = self._table(f"names-{name}", lambda: _numbered(told, f"{name}_id", name))

        def fill(arrays: Arrays) -> None:
            named = told.join(names, f"{name}_id").select("session_id", name)
            coded = self.sessions().left_join(named, "session_id")
            code = coded[name].fill_null(ibis.literal(-1, "int32"))
            for batch in batches(coded.select("session", code=code).order_by("session")):
                arrays["code"].append(batch["code"].to_numpy())

        return Labels(self._arrays(f"told-{name}", {"code": "i4"}, fill)["code"], self.vocabulary(names, name))

    def vocabulary(self, table: ibis.Table, code: str) -> Vocabulary:
        """The ids of a table of codes, in the order of the codes, with the spellings that mean them."""

        def fill(arrays: Arrays) -> None:
            end = 0
            arrays["offsets"].append(np.zeros(1, np.int64))
            for batch in batches(table.order_by(code).select(f"{code}_id")):
                offsets, data = _bytes(batch[f"{code}_id"])
                arrays["offsets"].append(end + offsets[1:])
                arrays["data"].append(data)
                end += int(offsets[-1])

        made = self._arrays(code, {"offsets": "i8", "data": "u1"}, fill)
        name, ids = f"{code}_id", Strings(made["offsets"], made["data"])
        if name not in self.rules:
            return Vocabulary(ids)
        return Vocabulary(ids, aliases_of(table, name, code, self.rules[name], self.aliases.get(name)))

    def catalog(self) -> Catalog:
        """What is known of each item; the catalog (not the events) has to fit into memory."""
        items = self.items()
        shop = arrow(items.left_join(self.described, "item_id").order_by("item").drop("item_id_right"))
        names = [name for name in shop.column_names if name not in ("item", "item_id", "available", *HIDDEN)]
        told = [name for name in names if name in ALWAYS or shop[name].null_count < len(shop)]
        columns = {name: _column(name, pa.nulls(len(shop), pa.string())) for name in ALWAYS}
        columns |= {name: _column(name, shop[name].combine_chunks()) for name in told}
        columns |= _shown_prices(shop) | _offered(shop)
        return Catalog(self.vocabulary(items, "item"), columns)

    def _table(self, name: str, make: Callable[[], ibis.Table]) -> ibis.Table:
        path = self.folder / f"{name}.parquet"
        return reopened(self.seen.get_backend(), path) if path.exists() else kept(make(), path)

    def _arrays(self, name: str, types: Mapping[str, str], fill: Callable[[Arrays], None]) -> dict[str, Array]:
        paths = {column: self.folder / f"{name}-{column}.npy" for column in types}
        if not all(path.exists() for path in paths.values()):
            with ExitStack() as files:
                fill({column: files.enter_context(Appended(paths[column], kind)) for column, kind in types.items()})
        return {column: mapped(path) for column, path in paths.items()}


def _shown_prices(shop: pa.Table) -> dict[str, Column]:
    """`price` as the shop lists it; and what steps made of it, where they filled or scaled it."""
    if LISTED not in shop.column_names or "price" not in shop.column_names:
        return {}
    listed, prepared = (np.asarray(_column("price", shop[name].combine_chunks())) for name in (LISTED, "price"))
    if np.array_equal(listed, prepared, equal_nan=True):
        return {}
    return {"price": listed, PREPARED_PRICE: prepared}


def _offered(shop: pa.Table) -> dict[str, Column]:
    """What the shop says of each item (see `OFFERED`); nothing if it gives neither a catalog nor a stock column."""
    scopes = shop[SCOPE] if SCOPE in shop.column_names else pa.chunked_array([pa.nulls(len(shop), pa.string())])
    scope = pc.fill_null(scopes, "").combine_chunks()
    # Only the rows of a catalog have a scope; items that events alone name have none.
    listed = np.asarray(pc.and_(pc.not_equal(scope, ""), pc.not_equal(scope, LOG)))
    offered = np.where(listed, 1, -1).astype(np.int8)
    if pc.any(pc.equal(scope, COMPLETE)).as_py():
        offered[~listed] = 0
    if "available" in shop.column_names:
        said = np.asarray(pc.fill_null(shop["available"].combine_chunks().cast(pa.int8()), -1))
        offered = np.where(said < 0, offered, said).astype(np.int8)
    return {OFFERED: offered} if (offered >= 0).any() else {}


def _places(order: list[str]) -> ibis.Value:
    return ibis.row_number().over(order_by=order).cast("int32")


def _numbered(events: ibis.Table, name: str, code: str) -> ibis.Table:
    ids = events.filter(events[name].notnull()).select(name).distinct()
    return ids.select(name, **{code: _places([name])})


def _first_told(events: ibis.Table, name: str) -> ibis.Table:
    """Of each session the value of its first event that has one; of several at one moment the first by name."""
    told = events.filter(events[name].notnull()).select("session_id", "time", told=events[name])
    first = told.group_by("session_id").agg(first=told.time.min())
    told = told.join(first, "session_id").filter(ibis._.time == ibis._.first)
    return told.group_by("session_id").agg(**{f"{name}_id": told.told.min()})


def _bytes(texts: pa.Array) -> tuple[Array, Array]:
    """The texts (none of them null) as offsets, beginning with 0, and UTF-8."""
    texts = texts.cast(pa.large_string())
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    return offsets - offsets[0], data


def _column(name: str, values: Any) -> Column:
    if not pa.types.is_string(values.type):
        return np.asarray(pc.fill_null(values.cast(pa.float64()), float("nan")))
    if name in TEXTS:
        return Strings(*_bytes(pc.fill_null(values, "")))
    coded = values.dictionary_encode()
    codes = np.asarray(pc.fill_null(coded.indices, -1), dtype=np.int32)
    return Labels(codes, Vocabulary(Strings(*_bytes(coded.dictionary))))
