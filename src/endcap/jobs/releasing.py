"""Which bundle is served: `release` and `rollback`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from endcap.config import load
from endcap.core.bundle import HISTORY, Bundle, Move, Shelf
from endcap.core.errors import BadBundle, BadConfig, Refused
from endcap.core.progress import Watch
from endcap.core.saving import only_one, write_atomically
from endcap.jobs.common import CONFIG, NOBODY, shelf_of
from endcap.jobs.tracking import Warned, released_told, tracked

if TYPE_CHECKING:
    from endcap.evaluate.gate.verdict import Verdict


@tracked(released_told)
def release(config: Path = CONFIG, watch: Watch = NOBODY, override: str | None = None) -> Bundle:
    """Makes the candidate bundle the one that is served, if the gate lets it pass or `override` says why it must.

    The verdict is written beside the bundle as ``NAME.verdict.json``, ``NAME.verdict.md`` and ``NAME.verdict.html``.
    Raises `Refused` if it does not pass, `BadBundle` if there is no candidate, and `Busy` if another process is
    releasing; then what is served stays what it is.
    """
    from endcap.jobs.gating import verdict_on

    settings = load(config)
    shelf = shelf_of(settings)
    if override is not None and not override.strip():
        raise BadConfig("--override: found no reason; say why the bundle must be released against what the gate says")
    if shelf.named("candidate") is None:
        raise BadBundle(f"{shelf.folder}: there is no candidate to release; `endcap train` makes one")
    with only_one(shelf.folder, wait=False):
        _warn_of_damage(shelf, watch)
        path, current = shelf.named("candidate"), shelf.named("current")
        assert path is not None
        if path == current:
            with watch.step("check the bundle (it is the one that is served)"):
                return Bundle.load(path)
        verdict, bundle = verdict_on(path, settings, shelf, override, watch)
        _written(verdict, shelf)
        if not verdict.broken:
            watch.show(verdict)
        if bundle is None or verdict.outcome == "refused":
            shelf.note(_move("refused", verdict))
            raise Refused(_why(verdict, shelf))
        # The history first: a release that ends between the two was noted and did not happen, which `released` knows.
        shelf.note(_move("released", verdict))
        shelf.point("current", path.name)
    return bundle


@tracked(released_told)
def rollback(config: Path = CONFIG, watch: Watch = NOBODY, to: str | None = None, reason: str = "") -> Bundle:
    """Makes the bundle that was served before the present one (or that one of those) the one that is served again.

    Raises `BadBundle` if there is none, or if it is damaged, and `Busy` if another process is releasing.
    """
    from endcap.jobs.gating import now, who

    shelf = shelf_of(load(config, serving=True))
    if shelf.named("current") is None:
        raise BadBundle(f"{shelf.folder}: nothing is released, so there is nothing to go back from")
    with only_one(shelf.folder, wait=False):
        _warn_of_damage(shelf, watch)
        *earlier, current = shelf.released()
        if not earlier:
            raise BadBundle(f"{shelf.folder}: nothing was released before {current}")
        if to is not None and to not in earlier:
            raise BadBundle(f"{to!r} was not served before {current}; there are: {', '.join(reversed(earlier))}")
        name = to or earlier[-1]
        with watch.step("check the bundle"):
            bundle = Bundle.load(shelf.folder / name)
        shelf.note(Move("rolled back", name, current, now(), who(), reason=reason))
        shelf.point("current", name)
    return bundle


def verdict(config: Path = CONFIG) -> Any:
    """What the gate last said of the newest bundle, in plain values; None if it was not asked, or there is none."""
    shelf = shelf_of(load(config, serving=True))
    path = shelf.named("candidate")
    written = shelf.folder / f"{path.name}.verdict.json" if path else None
    return json.loads(written.read_text()) if written and written.exists() else None


def _warn_of_damage(shelf: Shelf, watch: Watch) -> None:
    """Says which lines of the history of releases cannot be read."""
    lines = shelf.unreadable()
    if lines:
        which = f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}"
        watch.show(Warned(f"{shelf.folder / HISTORY}, {which}: cannot be read and is left aside; the other lines hold"))


def _written(verdict: "Verdict", shelf: Shelf) -> None:
    """The verdict beside the bundle, whose own folder is sealed by its checksums."""
    from endcap.evaluate.gate.page import html

    write_atomically(shelf.folder / f"{verdict.bundle}.verdict.json", json.dumps(verdict.to_json(), indent=1))
    write_atomically(shelf.folder / f"{verdict.bundle}.verdict.md", verdict.markdown())
    write_atomically(shelf.folder / f"{verdict.bundle}.verdict.html", html(verdict))


def _move(what: str, verdict: "Verdict") -> Move:
    moved = (verdict.bundle, verdict.served, verdict.when, verdict.by, verdict.outcome, verdict.reason or "")
    return Move("released" if what == "released" else "refused", *moved)


def _why(verdict: "Verdict", shelf: Shelf) -> str:
    """What it is refused for, what remains served, and what can be done."""
    from endcap.evaluate.gate.rules import refused

    against = verdict.broken or refused(verdict.findings)
    served = f"what is served stays {verdict.served}" if verdict.served else "nothing is served"
    last = (
        "this cannot be overridden"
        if verdict.broken
        else f'all of it: {shelf.folder / verdict.bundle}.verdict.md; to release it all the same: --override "reason"'
    )
    remedies = [f"  {remedy}".replace("\n", "\n  ") for remedy in verdict.remedies]
    found = [f"  {at.line}" for at in against]
    change = ["what to change:", *remedies] if remedies else []
    return "\n".join([f"{verdict.bundle} is not released; {served}", *found, *change, last])
