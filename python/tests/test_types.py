# SPDX-License-Identifier: Apache-2.0
"""Type checkers understand the package, inside and from outside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]

pytest.importorskip("mypy")


def mypy(folder: Path, *arguments: str | Path) -> str:
    """What it finds in `folder`, whose pyproject.toml it reads."""
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--cache-dir",
        os.devnull,
        *arguments,
    ]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    ).stdout


def test_package_tests_and_example_are_strictly_typed() -> None:
    example = PACKAGE.parent / "examples/python_actor/actor.py"
    for arguments in ([], ["--explicit-package-bases", "tests"], [example]):
        found = mypy(PACKAGE, *arguments)
        assert "Success: no issues" in found, found


def test_a_callers_mistakes_are_found(tmp_path: Path) -> None:
    program = tmp_path / "mistakes.py"
    program.write_text("""
import softfleet
policy = softfleet.Policy.load("policy")
policy.act([0.0], deterministic="yes")
softfleet.Actor(7200)
with softfleet.Actor("127.0.0.1:7200") as actor:
    actor.record("a reward", [0.0])
    reveal_type(actor.counts.acknowledged)
""")
    found = mypy(PACKAGE, program)
    for line in (4, 5, 7):
        assert f"mistakes.py:{line}: error" in found, found
    assert 'mistakes.py:8: note: Revealed type is "int"' in found, found
