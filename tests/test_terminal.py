"""A shop's words are shown as they are: no markup, no command to the terminal, whatever a title holds."""

import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console, RenderableType
from tests.conftest import ENDCAP
from tests.evaluate.worlds import everybody_gets, task_of
from tests.test_exits import ENVIRONMENT

from endcap import jobs
from endcap.cli import People, Terminal
from endcap.core.bundle import Bundle
from endcap.core.errors import BadData
from endcap.core.printable import printable
from endcap.core.records import Because, Slate, SlateItem, Step
from endcap.data.lint.findings import Example, Finding, Health
from endcap.data.printing import words
from endcap.data.starting.guess import Guess, Guessed, Match
from endcap.evaluate.backtest import BackTest, Entry, judged_on
from endcap.evaluate.diagnosis.costs import Cost
from endcap.evaluate.gate.rules import Finding as GateFinding
from endcap.evaluate.gate.verdict import Verdict
from endcap.evaluate.report import Report
from endcap.evaluate.tracking.page import listed
from endcap.evaluate.tracking.page import shown as run_shown
from endcap.evaluate.tracking.runs import Metric, Run
from endcap.exits import explanation
from endcap.showing import shown

HOSTILE = "[/b][red]\\[x] :smile: 😀 \x1b[2J\x07\x9b31m\u202e$(rm)"
VISIBLE = "[/b][red]\\[x] :smile: 😀 ␛[2J␇�31m�$(rm)"


def slate() -> Slate:
    because = [Because(HOSTILE, HOSTILE, 0.5)]
    item = SlateItem(
        item_id=HOSTILE,
        title=HOSTILE,
        price=1.0,
        currency=HOSTILE,
        category=HOSTILE,
        family=HOSTILE,
        image=None,
        score=0.5,
        tier=HOSTILE,
        retrievers={HOSTILE: 1.0},
        because=because,
    )
    trace = [Step(HOSTILE, "retriever", 1, 2.0, HOSTILE)]
    return Slate(
        slate_id=HOSTILE,
        slot=HOSTILE,
        variant="",
        bundle=HOSTILE,
        tier=HOSTILE,
        reason=HOSTILE,
        items=[item],
        trace=trace,
    )


def report() -> Report:
    from tests.evaluate.reports import SPLIT

    rows = [Entry(HOSTILE, "model", everybody_gets(1), ()), Entry(f"base {HOSTILE}", "baseline", everybody_gets(2), ())]
    judged = judged_on(task_of([[1]] * 60, 13), rows, np.random.default_rng(0))
    costs = [Cost(HOSTILE, 1.0, 1, 1, 1.0, 1.0)]
    return Report(HOSTILE, BackTest(SPLIT, (judged,)), [], "", {}, "", costs=costs, page=HOSTILE)


def run() -> Run:
    metric = Metric("NDCG@10", 0.5, HOSTILE, HOSTILE, 0.4, 0.6, "model")
    return Run(
        1, "", HOSTILE, HOSTILE, 0.0, 1.0, "failed", HOSTILE, "", HOSTILE, HOSTILE, "", metric, (metric,),
        {HOSTILE: Path(HOSTILE)}, {HOSTILE: HOSTILE}, {}, False,
    )  # fmt: skip


def everything() -> Iterator[RenderableType]:
    """One of everything that is printed, with hostile words wherever a shop, a file or a person may put some."""
    yield words(HOSTILE)
    yield shown(HOSTILE)
    yield shown(jobs.Warned(HOSTILE))
    yield shown(jobs.Serving(HOSTILE, HOSTILE))
    yield shown(slate())
    yield shown(report())
    match = Match(HOSTILE, HOSTILE, 0.5, (HOSTILE,), HOSTILE)
    yield shown(Guess(HOSTILE, (Guessed(HOSTILE, "events", (match,)),), HOSTILE))
    examples = (Example(HOSTILE, 1, {"title": HOSTILE}),)
    finding = Finding(HOSTILE, "error", HOSTILE, HOSTILE, 1, 1, HOSTILE, examples, (HOSTILE,), (HOSTILE,))
    yield shown(Health((finding,), 1, 1))
    found = GateFinding(HOSTILE, HOSTILE, HOSTILE, HOSTILE, "refused")
    yield shown(Verdict(HOSTILE, HOSTILE, "", (found,), HOSTILE, HOSTILE, HOSTILE))
    yield listed([run()])
    yield run_shown(run())
    yield shown(Bundle(HOSTILE, None, None, {HOSTILE: 1}, {}))  # type: ignore[arg-type]


def printed(thing: RenderableType, console: type[Console] = Console) -> str:
    """What reaches a terminal of 4,000 columns."""
    out = io.StringIO()
    console(file=out, width=4000, force_terminal=True, color_system=None, legacy_windows=False).print(thing)
    return out.getvalue()


@pytest.mark.parametrize("thing", [*everything()], ids=lambda thing: type(thing).__name__)
def test_everything_is_printed_letter_by_letter(thing: RenderableType) -> None:
    text = printed(thing)
    assert VISIBLE in text
    assert not {letter for letter in text if ord(letter) < 32 or 127 <= ord(letter) < 160} - {"\n"}
    assert "\u202e" not in text


def test_steps_and_strings_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    console = People(file=out, width=4000, highlight=False, markup=False, emoji=False)
    monkeypatch.setattr("endcap.cli.people", console)
    watch = Terminal()
    with watch.step(HOSTILE):
        watch.show(HOSTILE)
    assert out.getvalue().count(VISIBLE) == 2
    console.print("[red]plain[/b] :smile:")
    assert "[red]plain[/b] :smile:" in out.getvalue()


def test_errors_are_printed_letter_by_letter() -> None:
    assert printable(explanation(BadData(HOSTILE))) == VISIBLE


def test_a_name_that_is_no_unicode_can_be_printed() -> None:
    printable("\udce9.csv").encode()


def test_commands_on_a_shop_with_such_titles(released: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(released, tmp_path / "shop"))
    catalog = (folder / "catalog.csv").read_text().replace("Item ", HOSTILE.replace("\u202e", ""))
    (folder / "catalog.csv").write_text(catalog)
    for typed in ("lint", "train", "release --override why", "recommend home/popular", "runs", "runs show 1"):
        command = [*ENDCAP, *typed.split(), "-c", str(folder / "endcap.toml")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
        assert done.returncode == 0 or typed == "lint", done.stderr
        assert "Traceback" not in done.stderr + done.stdout
        assert "\x1b" not in done.stderr + done.stdout
        if typed.startswith("recommend"):
            assert "[/b][red]" in done.stderr


@pytest.mark.parametrize(
    ("notes", "more"), [(0, ""), (1, "; 1 note, see `endcap lint`"), (2, "; 2 notes, see `endcap lint`")]
)
def test_what_init_says_where_nothing_is_wrong(notes: int, more: str) -> None:
    out = Console(file=io.StringIO(), width=150)
    out.print(shown(jobs.Advice(Path("endcap.toml"), 100, (), 0, notes, 0, "endcap train")))
    first = out.file.getvalue().splitlines()[0].rstrip()  # type: ignore[attr-defined]
    assert first == f"health of the data 100 of 100: no errors or warnings{more}"
