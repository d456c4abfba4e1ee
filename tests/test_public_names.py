"""The public surface is listed, importable and documented; every part that is installed loads."""

import ast
from collections.abc import Iterator
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

import endcap
import endcap.testing
from endcap.core.part import GROUP, Part

SOURCES = sorted(Path(endcap.__file__).parent.rglob("*.py"))


Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def public(name: str, node: Documented) -> Iterator[tuple[str, Documented]]:
    """A module or class and what it defines, without private names, functions in functions, and overloads."""
    yield name, node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    for inner in node.body:
        if not isinstance(inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if not inner.name.startswith("_") and "overload" not in map(ast.unparse, inner.decorator_list):
            yield from public(f"{name}.{inner.name}", inner)


@pytest.mark.parametrize("module", [endcap, endcap.testing])
def test_every_public_name_exists_once(module: object) -> None:
    names = list(module.__all__)  # type: ignore[attr-defined]
    assert sorted(set(names)) == sorted(names)
    assert [name for name in names if not hasattr(module, name)] == []


@pytest.mark.parametrize("path", SOURCES, ids=[str(path.relative_to(SOURCES[0].parent)) for path in SOURCES])
def test_everything_public_is_documented_and_modules_are_short(path: Path) -> None:
    text = path.read_text()
    bare = [name for name, node in public(path.name, ast.parse(text)) if ast.get_docstring(node) is None]
    assert bare == []
    assert len(text.splitlines()) < 500


@pytest.mark.parametrize("name", sorted(entry_points(group=GROUP).names))
def test_every_installed_part_loads_and_is_documented(name: str) -> None:
    (point,) = entry_points(group=GROUP, name=name)
    part = point.load()
    assert callable(part)
    assert part.__doc__
    if isinstance(part, type):
        assert issubclass(part, Part)
        assert part.model_config.get("extra") == "forbid"
        assert part.model_config.get("frozen") is True


def test_the_version_is_that_of_the_package() -> None:
    assert endcap.__version__ == version("endcap")
