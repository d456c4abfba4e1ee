"""What jobs give, as people want to see it in a terminal."""

from functools import singledispatch

from rich.console import Group, RenderableType
from rich.table import Table

from endcap.core.bundle import Bundle
from endcap.core.records import Slate
from endcap.jobs import Prepared, Serving


@singledispatch
def shown(thing: object) -> RenderableType:
    """A renderable for anything that a job gives; as text if nothing better is known."""
    from endcap.evaluate.report import Report, terminal  # noqa: PLC0415 — only for those who evaluate

    return terminal(thing) if isinstance(thing, Report) else str(thing)


@shown.register
def _(thing: Prepared) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), title_justify="left")
    for name, justify in (
        ("step", "left"),
        ("dropped", "right"),
        ("changed", "right"),
        ("left", "right"),
        ("why", "left"),
    ):
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for entry in thing.ledger:
        numbers = [f"{entry[name]:,}" if entry[name] else "–" for name in ("dropped", "changed", "left")]
        table.add_row(entry["step"], *numbers, entry["why"])
    data = thing.dataset
    counts = f"{len(data.events):,} events, {len(data.catalog):,} items, {len(data.users):,} users"
    return Group(table, f"{counts}, {len(data.baskets):,} baskets; dataset {data.fingerprint}")


@shown.register
def _(thing: Bundle) -> RenderableType:
    return f"bundle [bold]{thing.name}[/bold]: {', '.join(thing.models)}"


@shown.register
def _(thing: Serving) -> RenderableType:
    return f"\nThe shop is open at [bold]{thing.address}[/bold]  (API: {thing.address}docs; stop with Ctrl-C)"


@shown.register
def _(thing: Slate) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("", "item", "title", "price", "tier", "found by", "because of"):
        table.add_column(name)
    for place, item in enumerate(thing.items, 1):
        found = ", ".join(f"{name} {score:.3f}" for name, score in item.retrievers.items())
        because = ", ".join(f"{seed.title} {seed.share:.0%}" for seed in item.because)
        price = "" if item.price is None else f"{item.price:.2f}"
        table.add_row(str(place), item.item_id, item.title, price, item.tier, found, because)
    parts: list[RenderableType] = [table, f"slate {thing.slate_id}, tier {thing.tier}, bundle {thing.bundle}"]
    if thing.reason:
        parts.append(f"reason: {thing.reason}")
    parts += [
        f"[dim]{step.kind:9} {step.step:20} {step.items:5} items {step.microseconds:6.0f} µs {step.error or ''}[/dim]"
        for step in thing.trace or []
    ]
    return Group(*parts)
