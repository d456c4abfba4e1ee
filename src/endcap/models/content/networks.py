"""Networks in ONNX files, run once while a model is fitted; nothing is downloaded, and nothing of them is served."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from endcap.core.errors import BadData
from endcap.core.part import needs

EXTRA = "onnx"


class Network:
    """An ONNX file that is ready to run; raises `BadData` if it is none, `MissingExtra` without the runtime."""

    def __init__(self, path: Path) -> None:
        runtime: Any = needs("onnxruntime", extra=EXTRA)
        self.path = path
        try:
            self.session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime has a class of its own for each way a file can be broken
            raise BadData(f"{path}: is not an ONNX network that can be run: {error}") from error
        self.inputs: Mapping[str, Any] = {each.name: each for each in self.session.get_inputs()}

    def output(self, *preferred: str) -> str:
        """The first of the given outputs that it has; else its first."""
        names = [str(each.name) for each in self.session.get_outputs()]
        return next((name for name in preferred if name in names), names[0])

    def __call__(self, output: str, given: Mapping[str, Any]) -> Any:
        """One output as an array."""
        return self.session.run([output], dict(given))[0]


def beside(path: Path, name: str) -> Path | None:
    """A file of that name in the folder, or beside the file, or one folder further up; None if there is none."""
    start = path if path.is_dir() else path.parent
    return next((place / name for place in (start, start.parent) if (place / name).is_file()), None)


def settings(path: Path | None) -> Mapping[str, Any]:
    """What a JSON file says; nothing, if there is none."""
    if path is None:
        return {}
    try:
        told: Mapping[str, Any] = json.loads(path.read_text())
    except (ValueError, OSError) as error:
        raise BadData(f"{path}: cannot be read as JSON: {error}") from error
    return told
