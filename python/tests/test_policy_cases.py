# SPDX-License-Identifier: Apache-2.0
"""The C++ program python_write_policy_cases writes bundles and what room
`policy` answers to random observations and noise: this package answers the
same."""

import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from softfleet import Policy
from softfleet.safetensors import parse_safetensors

TOLERANCE = 1e-5
CASES = [
    "bounded",
    "discrete",
    "discrete_bytes",
    "layer_norm",
    "pixels",
    "wide",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = os.environ.get("SOFTFLEET_POLICY_CASES")
    if program is None:
        pytest.skip("SOFTFLEET_POLICY_CASES does not name the C++ program")
    made = tmp_path_factory.mktemp("cases")
    subprocess.run([program, made], check=True)
    return made


class Recorded(np.random.Generator):
    """Hands out the noise that the C++ side used."""

    def __init__(self, noise: np.ndarray[Any, Any]):
        super().__init__(np.random.PCG64())
        self._noise = noise

    def standard_normal(self, size: Any = None, *_: Any, **__: Any) -> Any:
        return self._noise.reshape(size)

    def random(self, size: Any = None, *_: Any, **__: Any) -> Any:
        return self._noise.reshape(size)


def test_every_case_of_the_program_is_compared(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == (
        CASES
    )


@pytest.mark.parametrize("case", CASES)
def test_both_implementations_act_alike(folder: Path, case: str) -> None:
    policy = Policy.load(folder / case)
    path = folder / f"{case}.safetensors"
    recorded = parse_safetensors(path.read_bytes(), str(path))
    stacked = policy.schema.frame_stack > 1
    observation = {
        group.name: recorded[f"observation/{group.name}"]
        for group in policy.schema.observations
    }
    if not stacked:
        observation = {name: x[:, 0] for name, x in observation.items()}
    np.testing.assert_allclose(
        policy.distribution(observation),
        recorded["distribution"],
        rtol=TOLERANCE,
        atol=TOLERANCE,
    )
    for mode in ("deterministic", "stochastic"):
        actions = policy.act(
            observation,
            deterministic=mode == "deterministic",
            rng=Recorded(recorded["noise"]),
        )
        assert actions.shape == recorded[mode].shape
        np.testing.assert_allclose(actions, recorded[mode], atol=TOLERANCE)
        assert len(np.unique(actions, axis=0)) > 1
