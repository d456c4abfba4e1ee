"""Fetch the browser files of the storefront, the API page and the reports, unmodified, from npm packages.

    python tools/vendor_assets.py

Maintainers run it to move to a new version: change `PACKAGES`, run it, look at the difference, commit.
Nobody who installs or changes endcap needs Node. It writes `static/vendor/<package>/` and its README.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).parents[1] / "src/endcap/serve/storefront/static/vendor"


@dataclass(frozen=True)
class Package:
    """One npm package, and what we take out of it."""

    name: str
    version: str
    files: tuple[str, ...]
    """Paths inside the package that the browser loads."""
    notices: tuple[str, ...] = ("LICENSE",)
    """Licence texts that travel with the files."""


DIRECTIVES = tuple(f"directives/{name}.js" for name in ("class-map", "if-defined", "repeat", "style-map"))

PACKAGES = (
    Package("lit", "3.3.3", ("index.js", *DIRECTIVES)),
    Package(
        "lit-html",
        "3.3.3",
        ("lit-html.js", "is-server.js", "directive.js", "directive-helpers.js", *DIRECTIVES),
    ),
    Package("lit-element", "4.2.2", ("lit-element.js",)),
    Package("@lit/reactive-element", "2.1.2", ("reactive-element.js", "css-tag.js")),
    Package(
        "swagger-ui-dist",
        "5.35.0",
        ("swagger-ui-bundle.js", "swagger-ui.css"),
        ("LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"),
    ),
    Package("echarts", "6.1.0", ("dist/echarts.min.js",), ("LICENSE", "NOTICE", "licenses/LICENSE-d3")),
)


def main() -> None:
    """Replace everything below `static/vendor/`."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    sections = [section(package, unpacked(package)) for package in PACKAGES]
    (VENDOR / "README.md").write_text(HEAD + "".join(sections), encoding="utf-8")


def unpacked(package: Package) -> str:
    """The licence that the package declares, after its files were written."""
    with tempfile.TemporaryDirectory() as folder:
        pack = f"npm pack --silent --pack-destination {folder} {package.name}@{package.version}"
        subprocess.run(pack.split(), check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as tar:
            for file in (*package.files, *package.notices):
                target = vendored(package, file)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content(tar, file))
            return str(json.loads(content(tar, "package.json"))["license"])


def vendored(package: Package, file: str) -> Path:
    """Where a file of a package goes: as in the package, but not below `dist/`, which git ignores."""
    return VENDOR / package.name / file.removeprefix("dist/")


def content(tar: tarfile.TarFile, file: str) -> bytes:
    """The bytes of one file of an npm archive."""
    member = tar.extractfile(f"package/{file}")
    if member is None:
        raise FileNotFoundError(f"{tar.name!s} has no regular file {file!r}")
    return member.read()


def section(package: Package, licence: str) -> str:
    """The part of the README that is about one package."""
    files = [vendored(package, file) for file in (*package.files, *package.notices)]
    folder = VENDOR / package.name
    rows = [f"| `{file.relative_to(folder).as_posix()}` | `{digest(file)}` |" for file in files]
    title = f"\n## {package.name} {package.version}\n\nLicence: {licence}\n\n| file | sha256 |\n|---|---|\n"
    return title + "\n".join(rows) + "\n"


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


HEAD = """# Vendored browser files

Unmodified files of npm packages, written by `tools/vendor_assets.py`. Do not edit them here.
"""

if __name__ == "__main__":
    main()
