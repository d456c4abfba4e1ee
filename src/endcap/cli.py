"""One command per job; no logic. Output for people goes to stderr, data to stdout."""

import os

# Our own threads share the cores; BLAS starting as many again slows everything down. Before NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from endcap import jobs
from endcap.core.errors import Refused
from endcap.core.records import Request, Slate
from endcap.core.stopping import Stopped, raise_if_told_to_stop, stop_signal
from endcap.data.printing import words
from endcap.exits import end, say_error


class People(Console):
    """The terminal in front of a person. Nothing is markup: what a shop calls its items is shown as it is."""

    def on_broken_pipe(self) -> NoReturn:
        """Raises BrokenPipeError, which ends the command without a word, where Rich would end it with exit code 1."""
        raise BrokenPipeError


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Product recommendations for online shops: from a log of orders to lists a shop can show.",
)
people = People(stderr=True, highlight=False, markup=False, emoji=False)

ConfigPath = Annotated[Path, typer.Option("--config", "-c", help="The settings file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Data for machines, on stdout.")]
Item = Annotated[str | None, typer.Option(help="The item that the page shows.")]
Cart = Annotated[list[str] | None, typer.Option(help="An item in the cart; may be repeated.")]
User = Annotated[str | None, typer.Option(help="A known user.")]
Session = Annotated[str | None, typer.Option(help="A visit.")]
Many = Annotated[int | None, typer.Option("-k", help="How many items.")]


class Terminal:
    """Shows steps with a spinner and the time they took, and things as tables."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A line that ends with how long it took."""
        import time

        raise_if_told_to_stop()
        start = time.perf_counter()
        with people.status(words(f"{name} …")):
            yield
        raise_if_told_to_stop()
        took = f"{time.perf_counter() - start:.1f} s"
        people.print(Text.assemble(("✓", "green"), " ", words(name), " ", (took, "dim")))

    def show(self, thing: object) -> None:
        """The thing as people want to see it."""
        from endcap.showing import shown

        raise_if_told_to_stop()
        people.print(shown(thing))


def explained(command: Callable[..., None]) -> Callable[..., None]:
    """The command with its errors as one clear message instead of a stack trace."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        if "config" in options:
            # A part named `module:Name` may lie beside the settings that name it.
            sys.path.insert(0, str(options["config"].resolve().parent))
        try:
            command(*arguments, **options)
        except typer.Exit:
            raise
        except Stopped:
            raise  # `endcap.main` says so, wherever it came
        except (Exception, KeyboardInterrupt) as error:
            if stop_signal() is not None:  # a library made an error of its own of it
                raise Stopped from error
            raise typer.Exit(end(error, options.get("config"))) from None

    return run


def fail(message: str) -> NoReturn:
    """Prints what is wrong and ends with exit code 1."""
    say_error(message)
    raise typer.Exit(1)


@app.command()
@explained
def init(
    data: Annotated[list[str], typer.Argument(help="Files, a folder, or a connection string such as postgres://…")],
    catalog: Annotated[Path | None, typer.Option(help="A file of items, if it is not told from its columns.")] = None,
    config: ConfigPath = jobs.CONFIG,
    skip: Annotated[int | None, typer.Option(min=0, help="Lines before the one with the names of the columns.")] = None,
    header: Annotated[
        str | None, typer.Option(help="Names of the columns, if the files have none: time,item_id,…")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of the text, such as cp1252; else it is told from the files.")
    ] = None,
    delimiter: Annotated[str | None, typer.Option(help="Between fields; a tab is written as '\\t'.")] = None,
    decimal: Annotated[str | None, typer.Option(help="The sign before the decimals of prices: . or ,")] = None,
    timezone: Annotated[str | None, typer.Option(help="Of times that do not say it, such as Europe/Berlin.")] = None,
    time_format: Annotated[
        str | None, typer.Option(help="How times are written, such as '%d.%m.%Y %H:%M' or ms.")
    ] = None,
    max_bad: Annotated[float | None, typer.Option(min=0, max=1, help="Share of rows that may be unreadable.")] = None,
) -> None:
    """Look at your data, guess what it means, and write an endcap.toml for it.

    The file is written even if something is not understood; what is not sure is marked with `check`. The options say
    how files are read where looking at them does not tell, and go into the settings.
    """
    given = {
        "skip": skip, "header": tuple(name.strip() for name in (header or "").split(",") if name.strip()),
        "encoding": encoding, "delimiter": None if delimiter is None else delimiter.replace("\\t", "\t"),
        "decimal": decimal, "timezone": timezone, "time_format": time_format, "max_bad": max_bad,
    }  # fmt: skip
    watch = Terminal()
    watch.show(jobs.advise(jobs.init(data, catalog, config, watch, **given), watch))


@app.command()
@explained
def prepare(config: ConfigPath = jobs.CONFIG) -> None:
    """Read and clean the sources, and say what was dropped and why."""
    watch = Terminal()
    watch.show(jobs.prepare(config, watch))


@app.command()
@explained
def lint(
    config: ConfigPath = jobs.CONFIG,
    json: AsJson = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings end with exit code 1 too, as errors do.")] = False,
) -> None:
    """Say what is wrong with the sources, which models it disables, and how to repair it."""
    watch = Terminal()
    health = jobs.lint(config, watch)
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(health.to_json()) + b"\n")
    else:
        watch.show(health)
    if health.failed(strict=strict):
        raise typer.Exit(1)


@app.command()
@explained
def profile(config: ConfigPath = jobs.CONFIG, json: AsJson = False) -> None:
    """Show what the data looks like: a page of plots, and what changed since the last run."""
    watch = Terminal()
    found = jobs.profile(config, watch)
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(found.to_json()) + b"\n")
    else:
        watch.show(found)


@app.command()
@explained
def train(config: ConfigPath = jobs.CONFIG) -> None:
    """Fit every model and put them in a bundle."""
    watch = Terminal()
    watch.show(jobs.train(config, watch))
    watch.show("next: endcap evaluate (how good is it?) or endcap release (let it be served)")


@app.command()
@explained
def evaluate(
    config: ConfigPath = jobs.CONFIG,
    json: AsJson = False,
    protocol: Annotated[
        list[str] | None, typer.Option(help="Also judge by this: rolling, last, users, items; may be repeated.")
    ] = None,
) -> None:
    """Judge every model and slot on the latest weeks."""
    watch = Terminal()
    report = jobs.evaluate(config, watch, protocol or ())
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(report.to_json()) + b"\n")
    else:
        watch.show(report)


@app.command()
@explained
def tune(
    model: Annotated[str, typer.Argument(help="The name of a model in the settings file.")],
    config: ConfigPath = jobs.CONFIG,
    method: Annotated[str | None, typer.Option(help="grid, random, tpe or halving.")] = None,
    trials: Annotated[int | None, typer.Option(help="How many settings are tried.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that try settings at the same time.")] = None,
    task: Annotated[str | None, typer.Option(help="What settings are judged on.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Put the winner's settings into the settings file.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what was tried before.")] = False,
    json: AsJson = False,
) -> None:
    """Search better settings for a model: chosen on a validation window, judged once on the latest weeks."""
    watch = Terminal()
    wished = {"method": method, "trials": trials, "workers": workers, "task": task}
    changes = {name: value for name, value in wished.items() if value is not None}
    tuned = jobs.tune(model, config, watch, write=write, fresh=fresh, **changes)
    _tell(tuned.to_json(), json) if json else watch.show(tuned)


@app.command()
@explained
def diagnose(
    model: Annotated[str, typer.Argument(help="The name of a model in the settings file, or of a baseline.")],
    config: ConfigPath = jobs.CONFIG,
    task: Annotated[str | None, typer.Option(help="What it is judged on; that of its slot, if absent.")] = None,
    random: Annotated[bool, typer.Option("--random", help="Leave random sessions where there are fewer.")] = False,
    json: AsJson = False,
) -> None:
    """Say what a model would learn from more data or more training: learning curves, and a verdict."""
    watch = Terminal()
    found = jobs.diagnose(model, config, watch, task, "random" if random else "latest")
    _tell(found.to_json(), json) if json else watch.show(found)


@app.command()
@explained
def release(
    config: ConfigPath = jobs.CONFIG,
    override: Annotated[str | None, typer.Option(help="Why it must be released, whatever the gate says.")] = None,
    json: AsJson = False,
) -> None:
    """Ask the gate about the newest bundle, and make it the one that is served."""
    watch = Terminal()
    try:
        released = jobs.release(config, watch, override)
    except Refused:
        if json:
            _tell(jobs.verdict(config), json)
        raise
    if json:
        _tell(jobs.verdict(config), json)
    else:
        watch.show(released)
        watch.show("it is served from now on; next: endcap serve (a server that is running has to be started again)")


@app.command()
@explained
def rollback(
    to: Annotated[str | None, typer.Argument(help="A bundle that was served; else the one before the present.")] = None,
    reason: Annotated[str, typer.Option(help="Why; it stays in the history.")] = "",
    config: ConfigPath = jobs.CONFIG,
) -> None:
    """Serve the bundle again that was served before."""
    watch = Terminal()
    watch.show(jobs.rollback(config, watch, to, reason))


@app.command()
@explained
def serve(
    config: ConfigPath = jobs.CONFIG,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = None,
) -> None:
    """Serve the released bundle: pages, API and documentation."""
    jobs.serve(config, host, port, Terminal())


@app.command()
@explained
def recommend(
    slot: str, item: Item = None, cart: Cart = None, user: User = None, session: Session = None,
    k: Many = None, config: ConfigPath = jobs.CONFIG, json: AsJson = False,
) -> None:  # fmt: skip
    """Ask the released bundle for one slate, without a server."""
    request = _request(slot=slot, item=item, cart=cart or [], user=user, session=session, k=k)
    _print(jobs.recommend(request, config), json)


@app.command()
@explained
def explain(
    slot: str, item: Item = None, cart: Cart = None, user: User = None, session: Session = None,
    k: Many = None, config: ConfigPath = jobs.CONFIG, json: AsJson = False,
) -> None:  # fmt: skip
    """As recommend, and say why each item is there and what each part did."""
    request = _request(slot=slot, item=item, cart=cart or [], user=user, session=session, k=k)
    _print(jobs.explain(request, config), json)


runs_app = typer.Typer(help="What was run, with what, and what came of it.", invoke_without_command=True)
app.add_typer(runs_app, name="runs")
Limit = Annotated[int, typer.Option(help="At most so many, the newest.", min=1)]


@runs_app.callback()
@explained
def runs(context: typer.Context, config: ConfigPath = jobs.CONFIG, limit: Limit = 30, json: AsJson = False) -> None:
    """List the runs, newest first: what, when, how long, on which data, how good."""
    if context.invoked_subcommand is None:
        from endcap.evaluate.tracking.page import listed

        found = jobs.runs(config, limit)
        _tell([run.to_json() for run in found] if json else listed(found), json)


@runs_app.command("show")
@explained
def runs_show(number: int, config: ConfigPath = jobs.CONFIG, json: AsJson = False) -> None:
    """Show all that is kept of a run."""
    from endcap.evaluate.tracking.page import shown

    run = jobs.runs_show(number, config)
    _tell(run.to_json() if json else shown(run), json)


@runs_app.command("compare")
@explained
def runs_compare(
    numbers: Annotated[list[int], typer.Argument(help="Two runs or more; differences are to the first.")],
    metric: Annotated[str | None, typer.Option(help="Metrics of this name; those of the headline if absent.")] = None,
    config: ConfigPath = jobs.CONFIG, json: AsJson = False,
) -> None:  # fmt: skip
    """Show what differs between runs, and their metrics side by side."""
    from endcap.evaluate.tracking.page import side_by_side

    found = jobs.runs_compare(numbers, config)
    _tell(found.to_json() if json else side_by_side(found, metric), json)


@runs_app.command("plot")
@explained
def runs_plot(config: ConfigPath = jobs.CONFIG, limit: Limit = 200, json: AsJson = False) -> None:
    """Draw every metric over the runs: one page, complete in itself."""
    plotted = jobs.runs_plot(config, limit)
    _tell(plotted.found if json else f"wrote {plotted.page}", json)


@runs_app.command("send")
@explained
def runs_send(config: ConfigPath = jobs.CONFIG, json: AsJson = False) -> None:
    """Tell the configured MLflow server of the runs that it does not have."""
    sent = jobs.runs_send(config)
    _tell({"sent": sent} if json else f"sent {sent} run{'' if sent == 1 else 's'}", json)


@app.command()
@explained
def demo(
    workdir: Annotated[Path, typer.Option(help="Where everything lands.")] = Path("endcap-demo"),
    port: Annotated[int | None, typer.Option(help="Port of the shop; 0 takes a free one.", min=0, max=65535)] = None,
    serve: Annotated[bool, typer.Option(help="Serve the shop at the end.")] = True,
    shop: Annotated[str, typer.Option(help="demo: real orders; synthetic: made up, with known answers.")] = jobs.DEMO,
) -> None:
    """The whole way on real or made-up data: prepare, train, evaluate, release, and a shop to look at."""
    jobs.demo(workdir, port, serve, Terminal(), shop)


def _request(**fields: object) -> Request:
    try:
        return msgspec.convert(fields, Request)
    except msgspec.ValidationError as error:
        fail(str(error).replace(" - at `$.", " for `"))


def _print(slate: Slate, as_json: bool) -> None:
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(slate) + b"\n")
    else:
        Terminal().show(slate)


def _tell(thing: Any, as_json: bool) -> None:
    """JSON for machines on stdout, anything else for people."""
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(thing) + b"\n")
    else:
        people.print(words(thing) if isinstance(thing, str) else thing)
