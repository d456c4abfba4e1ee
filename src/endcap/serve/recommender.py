"""One bundle, its slots and the visitors' state, answering requests; the same for HTTP, the command line and tests."""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from endcap.core.arrays import Strings
from endcap.core.bundle import Bundle
from endcap.core.errors import BadRequest
from endcap.core.query import Query
from endcap.core.records import Because, Event, Request, Slate, SlateItem
from endcap.core.why import Why
from endcap.serve.browse import shown_currencies, shown_prices
from endcap.serve.hydrate import fold_ids, hydrated
from endcap.slots.slot import PRIMARY, Filled, Slot
from endcap.stream.recent import Recent

SEEDS_SHOWN = 3
"""As many reasons are named behind an item, and as many items in a reason."""


class Recommender:
    """Answers requests from a bundle; what it reads of the catalog for display is unpacked once, here."""

    def __init__(self, bundle: Bundle, slots: Mapping[str, Slot], recent: Recent, currency: str = "") -> None:
        """Reads a bundle; `currency` is that of the shop, for items of which the catalog does not say it."""
        self.bundle = bundle
        self.slots = slots
        self.recent = recent
        catalog = bundle.catalog
        self._ids = list(catalog.items.ids)
        self._titles = _text(catalog.columns.get("title"), len(catalog))
        self._images = _text(catalog.columns.get("image"), len(catalog))
        self._prices = shown_prices(catalog)
        self._currencies = shown_currencies(catalog, currency)
        self._labels = {
            name: [catalog.labels(name).name(code) for code in range(len(catalog))]
            if name in catalog
            else [None] * len(catalog)
            for name in ("category", "family")
        }

    def answer(self, request: Request, now: float) -> Slate:
        """The slate for a request; raises `BadRequest` only for a slot that does not exist.

        Unknown items, carts and users are answered by the fallback ladder, with the reason.
        """
        slot = self.slots.get(request.slot)
        if slot is None:
            there = ", ".join(self.slots) or "none"
            raise BadRequest(f"slot: no slot is called {request.slot!r}; there are: {there}")
        understood = hydrated(request, self.bundle, self.recent, now)
        filled = slot.fill(understood.query, request.k)
        because = self._because(slot, understood.query, filled) if request.explain else None
        return Slate(
            slate_id=secrets.token_hex(12),
            slot=slot.name,
            variant="control",
            bundle=self.bundle.name,
            tier=filled.tiers[0] if filled.tiers else "none",
            reason=self._reason(slot, understood.query, filled, understood.reasons),
            items=self._items(filled, because),
            trace=filled.trace.steps if request.explain else None,
        )

    def remember(self, events: Iterable[Event]) -> None:
        """Take in what happened, in its order, so that the next slates know of it; ids may be spelled in any way."""
        self.recent.apply(fold_ids(event, self.bundle) for event in events)

    def _items(self, filled: Filled, because: list[list[Because]] | None) -> list[SlateItem]:
        found = filled.candidates
        codes, scores = found.items.tolist(), found.scores.tolist()
        own = {name: values.tolist() for name, values in found.features.items()}
        categories, families = self._labels["category"], self._labels["family"]
        return [
            SlateItem(
                self._ids[code],
                self._titles[code] or self._ids[code],
                self._prices[code],
                self._currencies[code],
                categories[code],
                families[code],
                self._images[code],
                scores[place],
                filled.tiers[place],
                {name: values[place] for name, values in own.items() if values[place] == values[place]},
                because[place] if because is not None else [],
            )
            for place, code in enumerate(codes)
        ]

    def _because(self, slot: Slot, query: Query, filled: Filled) -> list[list[Because]]:
        """For each item what speaks for it, by its share in the scores of the retrievers that found it."""
        found, items = filled.candidates, filled.candidates.items.tolist()
        spoken: list[dict[int | str, float]] = [defaultdict(float) for _ in items]
        for name, retriever in {**slot.fallbacks, **slot.retrievers}.items():
            why = getattr(retriever, "why", None)
            if why is None:
                continue
            for place in np.flatnonzero(~np.isnan(found.feature(name))).tolist():
                reasons: Why = why(query, items[place])
                shares, rest = reasons.shares()
                for reason, share in zip([*reasons.seeds.tolist(), reasons.because], [*shares, rest], strict=True):
                    spoken[place][reason] += float(share)
        return [self._strongest(shares) for shares in spoken]

    def _reason(self, slot: Slot, query: Query, filled: Filled, reasons: list[str]) -> str | None:
        """Return why a slate is not from the primary tier or not what the request asked for; None if it is."""
        reasons = reasons + [f"{step.kind} {step.step!r} failed" for step in filled.trace.failures]
        if not filled.tiers:
            reasons.append("nothing that may be shown was found")
        elif not reasons and filled.tiers[0] != PRIMARY:
            seeds = [self._ids[code] for code in query.seeds[:SEEDS_SHOWN].tolist()]
            more = " and others" if len(query.seeds) > SEEDS_SHOWN else ""
            reasons.append(
                f"nothing is known yet that goes with {', '.join(seeds)}{more}; the list is from {filled.tiers[0]}"
                if seeds
                else "nothing is known of this visitor yet"
            )
        elif not reasons and filled.tiers[-1] != PRIMARY:
            filled_up = sum(tier != PRIMARY for tier in filled.tiers)
            last = "the last one is" if filled_up == 1 else f"the last {filled_up} are"
            reasons.append(f"too little was found: {last} from {filled.tiers[-1]}")
        return "; ".join(reasons) or None

    def _strongest(self, shares: Mapping[int | str, float]) -> list[Because]:
        """The reasons that say most: a seed by its code, or words for what no seed accounts for."""
        whole = max(sum(shares.values()), 1e-12)
        return [
            Because(None, reason, round(share / whole, 4))
            if isinstance(reason, str)
            else Because(self._ids[reason], self._titles[reason] or self._ids[reason], round(share / whole, 4))
            for reason, share in sorted(shares.items(), key=lambda one: -one[1])[:SEEDS_SHOWN]
            if share > 0
        ]


def _text(column: object, length: int) -> list[str | None]:
    return [text or None for text in column] if isinstance(column, Strings) else [None] * length
