# SPDX-License-Identifier: Apache-2.0
"""The wheel, and what is installed from it. Without a network: setuptools is
that of the tests' Python, and so are the dependencies."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]

pytest.importorskip("setuptools")


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "-q", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # setuptools leaves files behind
    shutil.copytree(
        PACKAGE,
        source,
        ignore=shutil.ignore_patterns("tests", "build", "*.egg-info", ".*"),
    )
    pip(
        "wheel", "--no-build-isolation", "--no-deps", "--no-index",
        "-w", folder, source,
    )  # fmt: skip
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheel_holds_everything_the_package_needs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    source = PACKAGE / "src"
    files = {
        str(path.relative_to(source))
        for path in (source / "softfleet").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files <= names
    assert {"softfleet/py.typed", "softfleet/v1/descriptors.binpb"} <= files
    others = {name for name in names - files if ".dist-info/" not in name}
    assert others == set()


def test_a_fresh_environment_can_use_what_was_installed(
    wheel: Path, tmp_path: Path
) -> None:
    fresh = tmp_path / "venv"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", fresh], check=True
    )
    python = fresh / "bin/python"
    pip("--python", python, "install", "--no-deps", "--no-index", wheel)
    program = (
        "import softfleet, sys; from softfleet.wire import run; "
        "from importlib import metadata; "
        "print(softfleet.__file__, metadata.version('softfleet'), "
        "run.RunConfig().actor.block_rows)"
    )
    dependencies = sysconfig.get_paths()["purelib"]
    done = subprocess.run(
        [python, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": dependencies},
        capture_output=True,
        text=True,
        check=True,
    )
    place, version, rows = done.stdout.split()
    assert Path(place).is_relative_to(fresh)
    assert version == "0.1.0"
    assert rows == "32"
