"""What to change when a bundle is refused: for each rule a remedy, in words and, where it can be, as settings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from endcap.evaluate.gate.rules import Finding

AGAIN = "then run `endcap train`, `endcap evaluate` and `endcap release` again"
ABOUT: Mapping[str, str] = {
    "bytes": "run `endcap train` again: files of the bundle are damaged, or were changed after they were written",
    "settings": "run `endcap train` again with the present endcap.toml: its own settings do not fit its models",
    "numbers": "look at {about}: a smaller learning_rate, or fewer epochs; then run `endcap train` again",
    "shapes": "run `endcap prepare` and `endcap train` again: models and data are of two runs",
    "answers": "run `endcap train` again; if models.{about} still fails, take it out of the slots",
    "slots": 'give the slot a fallback that always answers, fallback = ["popular"], and look at its stages',
    "replay": "run `endcap train` again: {about} does not answer as its settings did in the back-test; if it stays so, "
    "a model or a preparation step depends on something besides the data",
    "vectors": "run `endcap train` again; if it stays so, give models.{about} more epochs or a smaller learning_rate",
    "scores": "models.{about} cannot tell items apart, perhaps because it has little to learn from: take it out of the "
    "slots, or give it other rows (`source`, `kinds`)",
    "coverage": "let {about} find more: add a retriever that reaches more items, such as a `content` model; or accept "
    "it with a smaller keeps_coverage under [gate]",
    "reach": 'add a model that finds more items to a fallback, such as "popular" or a `content` model; or accept it '
    "with a smaller min_reach under [gate]",
    "golden": "ask `endcap explain` why {about} is answered so; if the answer is right, change [[gate.golden]]",
    "size": "let models keep less (`neighbours`, `size`), or allow more with max_megabytes under [gate]",
    "speed": 'let models keep less (`neighbours`, `size`), search vectors with index = "approximate", or allow more '
    "with max_milliseconds, max_load_seconds or max_slowdown under [gate]",
    "evidence": "run `endcap prepare`, `endcap train` and `endcap evaluate` again: they must belong together",
    "history": "somebody took this bundle back: change what was wrong with it and train again",
}
"""By rule; ``{about}`` stands for what it is about."""
NOT_ON_SALE = (
    "look at the column of your list of items that says what is on sale (`available` under catalog_columns in "
    "endcap.toml): name the right one, or export it again; then run `endcap prepare`, `endcap train`, "
    "`endcap evaluate` and `endcap release` again"
)
"""Return the remedy for slots that are empty because few items are on sale."""


@dataclass(frozen=True)
class Known:
    """Settings that a remedy can name."""

    baselines: Mapping[str, str] = field(default_factory=dict)
    """By name of a baseline, the TOML of its table; empty where the settings have one already."""
    retrievers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By slot, what fills it now."""
    served: Mapping[str, str] = field(default_factory=dict)
    """By slot, the TOML of its table in what is served."""
    on_sale: str = ""
    """A sentence about the items on sale, if slots are empty because few are; else empty."""


def with_remedies(findings: Iterable[Finding], known: Known) -> list[Finding]:
    """Give the findings that refuse a bundle the remedy that their rule has."""
    found = list(findings)
    return [replace(at, remedy=_remedy(at, found, known)) if at.decided == "refused" else at for at in found]


def _remedy(at: Finding, findings: Sequence[Finding], known: Known) -> str:
    if at.rule == "baselines":
        return _better(at.slot, findings, known)
    if at.rule == "served":
        return _as_served(at.about.partition(", ")[0], known)
    if at.rule == "replay" and ", " in at.about:
        at = replace(at, about=at.about.partition(", ")[0])
    if at.rule == "slots" and known.on_sale:
        return f"{known.on_sale}: {NOT_ON_SALE}"
    return ABOUT[at.rule].format(about=at.about or "it")


def _better(slot: str, findings: Sequence[Finding], known: Known) -> str:
    """The baseline that does most in a slot that is worse than one, and what to write to fill the slot with it."""
    losses = [at for at in findings if at.rule == "baselines" and at.slot == slot and at.decided == "refused"]
    best = max(losses, key=lambda at: at.reached)
    reached = f"{best.metric} {best.reached:.3f} against {best.reached * (1 + best.gain):.3f}, {-best.gain:.0%} less"
    told = f"{slot}: the baseline {best.other} does better ({reached})."
    if list(known.retrievers.get(slot, ())) == [best.other]:
        lines = [f'[slots."{slot}"]', 'stages = ["available", "not_in_cart"]']
        told += f" It fills the slot already, so the stages cost it that. Leave out stages in endcap.toml; {AGAIN}:"
    else:
        table = known.baselines.get(best.other, "").splitlines()
        lines = [*table, f'[slots."{slot}"]', f"retrievers = [{_quoted(best.other)}]"]
        told += f" Fill the slot with it, or with something that beats it, in endcap.toml; {AGAIN}:"
    return "\n".join([told, *(f"  {line}" for line in lines)])


def _as_served(slot: str, known: Known) -> str:
    told = f"{slot}: what is served does better. Take back what was changed, in endcap.toml; {AGAIN}"
    table = known.served.get(slot, "")
    return "\n".join([f"{told}; it was:", *(f"  {line}" for line in table.splitlines())]) if table else told


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
