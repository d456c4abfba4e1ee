"""What jobs give, as people want to see it in a terminal."""

from functools import singledispatch
from typing import Any, cast

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from endcap.core.bundle import Bundle
from endcap.core.records import Slate
from endcap.data.printing import row, words
from endcap.data.starting.guess import SURE, Guess, Guessed
from endcap.jobs import Advice, Prepared, Serving, Warned


@singledispatch
def shown(thing: object) -> RenderableType:
    """A renderable for anything that a job gives; as text if nothing better is known."""
    if type(thing).__name__ == "Health":
        return _health(thing)
    from endcap.data.profile.facts import Profile  # noqa: PLC0415 — only for those who prepare
    from endcap.data.profile.page import terminal as profiled  # noqa: PLC0415
    from endcap.evaluate.report import Report, terminal  # noqa: PLC0415 — only for those who evaluate

    if isinstance(thing, Profile):
        return profiled(thing)
    if type(thing).__name__ == "Verdict":
        from endcap.evaluate.gate.verdict import terminal as decided  # noqa: PLC0415 — only for those who release

        return decided(thing)  # type: ignore[arg-type]
    if type(thing).__name__ == "Tuned":
        from endcap.evaluate.tuning.report import terminal as tuned  # noqa: PLC0415 — only for those who tune

        return tuned(thing)  # type: ignore[arg-type]
    if type(thing).__name__ == "Diagnosis":
        from endcap.evaluate.report.terminal import diagnosed  # noqa: PLC0415 — only for those who diagnose

        return diagnosed(thing)  # type: ignore[arg-type]
    return terminal(thing) if isinstance(thing, Report) else words(thing)


@shown.register
def _(thing: str) -> RenderableType:
    return words(thing)


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
        table.add_row(*row(entry["step"], *numbers, entry["why"]))
    data = thing.dataset
    counts = f"{len(data.events):,} events, {len(data.catalog):,} items, {len(data.users):,} users"
    said = f"{counts}, {len(data.baskets):,} baskets; dataset {data.fingerprint}"
    return Group(table, *map(_checked, thing.checks), words(said))


@shown.register
def _(thing: Bundle) -> RenderableType:
    return Text.assemble("bundle ", words(thing.name, "bold"), words(f" holds {', '.join(thing.models)}"))


def _checked(result: dict[str, Any]) -> RenderableType:
    """One line for a check: what came of it, what was found and expected."""
    colour = {"passed": "green", "skipped": "dim", "failed": "bold yellow"}[result["outcome"]]
    said = f"found {result['found']}; expected {result['expected']}"
    return Text.assemble("check ", (f"{result['outcome']:8}", colour), words(f"{result['check']}: {said}"))


def _health(health: Any) -> RenderableType:
    """What the linter found: each finding with its examples, what it disables and how to repair it; then the score."""
    colours = {"error": "red", "warning": "yellow", "note": "blue"}
    table = Table.grid(padding=(0, 2, 0, 0))
    for finding in health.findings:
        colour = colours[finding.severity]
        said = [Text.assemble(words(finding.says), words(f"  {finding.rule}", "dim"))]
        for example in finding.examples:
            place = f"{example.file}, line {example.line}: " if example.file else ""
            values = ", ".join(f"{name} {value!r}" for name, value in example.values.items() if value is not None)
            said.append(words(f"{place}{values}", "dim"))
        for verb, names in (("disables", finding.disables), ("harms", finding.harms)):
            if names:
                said.append(words(f"{verb} {', '.join(names)}"))
        cost = f" (costs {finding.cost:.0f})" if finding.cost else ""
        said.append(words(f"repair: {finding.repair}{cost}"))
        table.add_row(Text(finding.severity, f"bold {colour}"), Group(*said))
    counts = ", ".join(f"{(n := health.count(severity))} {severity}{'' if n == 1 else 's'}" for severity in colours)
    end = f"health {health.score} of 100: {counts}; {health.events:,} events, {health.items:,} items of the catalog"
    return Group(table, Text(end, "bold"), words(health.arithmetic, "dim"))


@shown.register
def _(thing: Warned) -> RenderableType:
    return words(f"warning: {thing.text}", "yellow")


@shown.register
def _(thing: Serving) -> RenderableType:
    address = words(thing.address, "bold")
    return Text.assemble("\nThe shop is open at ", address, words(f"  (API: {thing.address}docs; stop with Ctrl-C)"))


@shown.register
def _(thing: Slate) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("", "item", "title", "price", "tier", "found by", "because of"):
        table.add_column(name)
    for place, item in enumerate(thing.items, 1):
        found = ", ".join(f"{name} {score:.3f}" for name, score in item.retrievers.items())
        because = ", ".join(f"{seed.title} {seed.share:.0%}" for seed in item.because)
        price = "" if item.price is None else f"{item.price:.2f} {item.currency or ''}".rstrip()
        table.add_row(*row(place, item.item_id, item.title, price, item.tier, found, because))
    parts: list[RenderableType] = [
        table,
        words(f"slate {thing.slate_id}, tier {thing.tier}, bundle {thing.bundle}"),
    ]
    if thing.reason:
        parts.append(words(f"reason: {thing.reason}"))
    for step in thing.trace or []:
        took = f"{step.items:5} items {step.microseconds:6.0f} µs"
        parts.append(words(f"{step.kind:9} {step.step:20} {took} {step.error or ''}", "dim"))
    return Group(*parts)


@shown.register
def _(thing: Advice) -> RenderableType:
    lines = [words(f"{place}. {point}") for place, point in enumerate(thing.points, 1)]
    more = f" (and {thing.more} more, see `endcap lint`)" if thing.more else ""
    head = f"health of the data {thing.score} of 100; what matters most{more}:"
    if not lines:
        notes = f"; {thing.notes} note{'' if thing.notes == 1 else 's'}, see `endcap lint`" if thing.notes else ""
        head = f"health of the data {thing.score} of 100: no errors or warnings{notes}"
    lines_marked = "1 line in it is" if thing.marked == 1 else f"{thing.marked} lines in it are"
    marked = f"; {lines_marked} marked with `check`: look there" if thing.marked else ""
    return Group(words(head, "bold"), *lines, words(f"wrote {thing.config}{marked}"), words(f"next: {thing.next}"))


@shown.register
def _(thing: Guess) -> RenderableType:
    parts: list[RenderableType] = [Text.assemble("taken for: ", words(thing.format, "bold"))]
    for guess in thing.tables:
        notes = [*(f"{key}: {what}" for key, what in guess.checks.items()), *guess.notes]
        role = f"{guess.role}: {guess.reason}" if guess.reason and not guess.matches else guess.role
        parts.append(Text.assemble(words(guess.place, "bold"), words(f" ({role})")))
        if guess.matches:
            parts.append(_matches(guess))
        parts += [words(f"  check {note}" if place < len(guess.checks) else f"  {note}")
                  for place, note in enumerate(notes)]  # fmt: skip
    return Group(*parts)


def _matches(guess: Guessed) -> Table:
    """Return the table of matched columns: ours, the shop's, the confidence, an example, what to check."""
    checked = any(match.check for match in guess.matches)
    table = Table(box=None, padding=(0, 2, 0, 2), title_justify="left")
    for name in ("our column", "yours", "sure", "for example", *(["check"] if checked else [])):
        table.add_column(name, overflow="fold")
    if "time_columns" in guess.options:
        table.add_row(*row("time", ", ".join(map(str, cast("tuple[str, ...]", guess.options["time_columns"])))))
    for match in guess.matches:
        sure = Text(f"{match.confidence:.0%}", "green" if match.confidence >= SURE else "yellow")
        yours = ", ".join((match.theirs, *match.then))
        cells = (match.ours, yours, sure, match.examples[0] if match.examples else "")
        table.add_row(*row(*cells, *([match.check] if checked else [])))
    return table
