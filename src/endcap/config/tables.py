"""The tables of ``endcap.toml`` as types: every key, what it means, and what it is if nobody says."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from endcap.evaluate.gate.settings import GateSettings

Severity = Literal["stop", "warn"]
SEVERITIES: tuple[Severity, ...] = ("stop", "warn")
"""What a failed check does: it keeps the new dataset out, or it is only shown."""
Use = str | dict[str, Any]
"""A part by name, or a table with the name under ``use`` and its settings beside it."""


class Table(BaseModel):
    """A table of the file: cannot be changed, and a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ShopSettings(Table):
    """What shop this is."""

    name: str = Field(default="shop", pattern=r"^[a-z0-9][a-z0-9-]*$")
    workdir: str = "var"
    """Where everything that is made lies, relative to the settings file."""
    engine: str = "duckdb"
    currency: str = ""
    """Of prices of which the catalog does not say it, such as ``EUR``; empty: not known, so none is shown."""
    attribution: str = ""
    """Whom the data is owed to; shown on the storefront and in reports."""


class PrepareSettings(Table):
    """What is done with events and catalog, in this order, before anything is learned from them."""

    events: list[Use] = []
    catalog: list[Use] = []


class SlotSettings(Table):
    """A place on a page and how it is filled."""

    retrievers: list[str] = Field(min_length=1)
    """Names of models; several are fused."""
    stages: list[Use] = []
    fallback: list[str] = []
    """Names of models that answer when the ones above find too little, best first."""
    k: PositiveInt = 12
    width: PositiveInt = 4
    """The first retrieval asks for so many times k; more, where the stages let little pass, saves a second one."""
    task: str | None = None
    """What `evaluate` judges it on."""


class EvaluateSettings(Table):
    """How `evaluate` judges."""

    test_share: float = Field(default=0.2, gt=0, lt=1)
    """Share of the orders, the latest, that is judged on."""
    gap_days: float = Field(default=0.0, ge=0)
    """Learning ends so many days before them."""
    queries: PositiveInt = 2000
    """At most so many per task."""
    baselines: list[str] = []
    """Names of models that every other is compared with."""
    model_tasks: list[str] = ["basket"]
    """What every model is judged on, whatever slot it serves."""
    protocols: list[Literal["rolling", "last", "users", "items"]] = []
    """Other ways to judge, beside the one cut in time: rolling windows, the last visit of each user, unknown users
    apart from known ones, unknown items likewise. Each fits the models again, on what it learns from."""
    windows: int = Field(default=4, ge=2)
    """So many rolling windows, the last of them at the end of the data …"""
    window_days: float = Field(default=28.0, gt=0)
    """… each so long …"""
    history_days: float | None = Field(default=None, gt=0)
    """… and each learned from so many days before it; without it, from all."""
    cold_share: float = Field(default=0.1, gt=0, lt=1)
    """Share of the users, or items, that is kept from training to be unknown."""


class ServeSettings(Table):
    """Where the server listens."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)


class TrackingSettings(Table):
    """Where runs are kept, besides ``runs.sqlite`` in the workdir."""

    mlflow: str = Field(default="", pattern=r"^(https?://.+|\$[A-Z][A-Z0-9_]*)?$")
    """Address of an MLflow server that is told of every run; ``$MLFLOW_TRACKING_URI`` takes it from the environment."""
    token: str = Field(default="", repr=False)
    """A bearer token for it, as ``$NAME``; user and password may stand in the address instead."""
    seconds: float = Field(default=10.0, gt=0)
    """The longest that a job waits for that server when it ends."""
    keep: PositiveInt = 20
    """The files that a run left (reports) are kept for so many runs; its numbers are kept forever."""
    dvc: bool = True
    """Whether the input files are hashed as DVC does."""


class TuneSettings(Table):
    """How `tune` searches; a table ``[tune.MODEL]`` narrows or widens what is tried for the fields of one model.

    A table ``[tune.BLEND.MEMBER]`` has those of a model tried that the blend names.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    method: Literal["grid", "random", "tpe", "halving"] = "tpe"
    """``halving`` proposes as ``tpe`` does, and stops those early that lie behind with a part of the resource."""
    trials: PositiveInt = 40
    """How many settings are tried, the ones that are there among them."""
    members: bool = False
    """Whether a blend is searched with the settings of the models that it blends, and not with its own alone."""
    workers: PositiveInt = 1
    """Processes that try settings at the same time; one alone finds the same whenever it is asked."""
    patience: int = Field(default=0, ge=0)
    """The search ends when so many tries in a row brought nothing better; 0: never."""
    task: str | None = None
    """What settings are judged on; if nobody says, the task of the first slot that the model fills."""
    metric: str = "NDCG@10"
    """What is to be high."""
    validation_share: float = Field(default=0.2, gt=0, lt=1)
    """Share of the orders on the training side, the latest, that settings are chosen by."""
    queries: PositiveInt = 2000
    """At most so many of the validation window, and of the test window."""
    resource: Literal["auto", "epochs", "data", "queries"] = "auto"
    """What halving gives less of; ``auto``: epochs to a recipe that has them, queries to any other."""
    storage: str = ""
    """Where tries are kept: a database that machines share, by address, or a journal file; empty: in the workdir."""


class Settings(Table):
    """The whole file."""

    shop: ShopSettings = ShopSettings()
    sources: list[dict[str, Any]] = Field(min_length=1)
    prepare: PrepareSettings = PrepareSettings()
    checks: list[dict[str, Any]] = []
    """What is expected of every dataset: ``use``, settings, and ``severity`` (``stop`` or ``warn``)."""
    seed: int = Field(default=0, ge=0)
    """Every random choice starts from it."""
    models: dict[str, dict[str, Any]]
    slots: dict[str, SlotSettings] = {}
    evaluate: EvaluateSettings = EvaluateSettings()
    serve: ServeSettings = ServeSettings()
    tune: TuneSettings = TuneSettings()
    tracking: TrackingSettings = TrackingSettings()
    gate: GateSettings = GateSettings()
