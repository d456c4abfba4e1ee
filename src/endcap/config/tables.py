"""The tables of ``endcap.toml`` as types: every key, what it means, and what it is if nobody says."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

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
    currency: str = "GBP"
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


class ServeSettings(Table):
    """Where the server listens."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)


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
