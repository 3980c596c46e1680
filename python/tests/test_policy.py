# SPDX-License-Identifier: Apache-2.0
"""Acting, against closed forms and statistics; test_policy_cases.py compares
with the C++ implementation."""

import math
from typing import Any

import numpy as np
import pytest
from tests.support.policies import schema, snapshot

from softfleet import (
    FrameStack,
    Head,
    InvalidPolicyError,
    InvalidStepError,
    ObservationGroup,
    Policy,
    Schema,
)

ROWS = 20000


def test_one_observation_gives_what_its_row_of_a_batch_gives() -> None:
    policy = Policy(snapshot(schema(3, dimension=2)))
    batch = np.random.default_rng(1).normal(size=(5, 3))
    actions = policy.act(batch, deterministic=True)
    assert actions.shape == (5, 2)
    assert actions.dtype == np.float32
    for row in range(5):
        one = policy.act(batch[row], deterministic=True)
        assert one.shape == (2,)
        np.testing.assert_allclose(one, actions[row], rtol=1e-5)


def test_the_deterministic_action_is_tanh_of_the_mean() -> None:
    outputs = [0.3, -1.2, 5.0, 5.0]
    policy = Policy(snapshot(schema(1, dimension=2), outputs))
    np.testing.assert_allclose(
        policy.act([0.0], deterministic=True),
        [math.tanh(0.3), math.tanh(-1.2)],
        rtol=1e-6,
    )


@pytest.mark.parametrize(
    ("mode", "raw", "log_std"),
    [
        ("clamp", -0.7, -0.7),
        ("clamp", 9.0, 0.5),
        ("clamp", -9.0, -1.0),
        ("bounded", 0.3, -1 + 1.5 * (math.tanh(0.3) + 1) / 2),
    ],
)
def test_samples_have_the_distribution_of_the_head(
    mode: str, raw: float, log_std: float
) -> None:
    mean = 0.2
    policy = Policy(
        snapshot(
            schema(1, dimension=1),
            [mean, raw],
            head=Head("squashed_gaussian", mode, -1.0, 0.5),
        )
    )
    assert policy.distribution([0.0]) == pytest.approx([mean, log_std])
    rng = np.random.default_rng(3)
    actions = policy.act(np.zeros((ROWS, 1)), deterministic=False, rng=rng)
    u = np.arctanh(actions.astype(np.float64).clip(-1 + 1e-7, 1 - 1e-7))
    std = math.exp(log_std)
    assert abs(u.mean() - mean) < 4 * std / math.sqrt(ROWS)
    assert abs(u.std() - std) < 4 * std / math.sqrt(2 * ROWS)


def test_categorical_samples_have_their_probabilities() -> None:
    logits = np.log([0.5, 0.2, 0.0001, 0.2999])
    policy = Policy(snapshot(schema(1, num_actions=4), [*(logits + 100)]))
    np.testing.assert_allclose(policy.distribution([0.0]), logits, atol=1e-5)
    assert policy.act([0.0], deterministic=True) == 0
    rng = np.random.default_rng(4)
    actions = policy.act(np.zeros((ROWS, 1)), deterministic=False, rng=rng)
    expected = np.exp(logits) * ROWS
    found = np.bincount(actions, minlength=4)
    chi_square = ((found - expected) ** 2 / expected).sum()
    assert chi_square < 16.27  # 3 degrees of freedom, 0.1 %


def test_an_action_of_probability_zero_is_never_chosen() -> None:
    class Last(np.random.Generator):
        """Draws the largest number below 1, which rounding may leave above
        the sum of the probabilities."""

        def random(self, size: Any = None, *_: Any, **__: Any) -> Any:
            return np.full(size, np.nextafter(1, 0))

    policy = Policy(snapshot(schema(1, num_actions=4), [1.0, 0.1, 1.0, -1e4]))
    rng = Last(np.random.PCG64(1))
    assert policy.act([0.0], deterministic=False, rng=rng) == 2


def test_the_same_generator_gives_the_same_actions() -> None:
    policy = Policy(snapshot(schema(3, dimension=2)))
    first, second = (
        policy.act(np.ones((4, 3)), rng=np.random.default_rng(7))
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_the_corners_of_policy_space_are_the_bounds() -> None:
    policy = Policy(
        snapshot(
            schema(1, dimension=2),
            action_low=(-2.0, 0.5),
            action_high=(2.0, 10.0),
        )
    )
    np.testing.assert_allclose(
        policy.to_environment([[-1, -1], [0, 0], [1, 1]]),
        np.array([[-2, 0.5], [0, 5.25], [2, 10]]),
    )
    assert policy.to_environment([0, 0]).dtype == np.float32


def two_groups(stack: int = 1) -> Schema:
    return Schema(
        (
            ObservationGroup("state", "F32", (2,)),
            ObservationGroup("pixels", "U8", (2, 2)),
        ),
        action_dimension=1,
        frame_stack=stack,
    )


def test_groups_are_read_in_the_order_of_the_schema() -> None:
    of = two_groups()
    weights = np.array([[1, 10, 100, 0, 0, 1000], [0] * 6], "<f4")
    tensors = {
        "actor/out.weight": weights,
        "actor/out.bias": np.zeros(2, "<f4"),
    }
    policy = Policy(snapshot(of, [0, 0], tensors=tensors))
    pixels = np.array([[51, 0], [0, 102]], np.uint8)
    mean, _ = policy.distribution({"pixels": pixels, "state": [3, 4]})
    assert mean == pytest.approx(3 + 40 + 100 * 0.2 + 1000 * 0.4)


def test_frames_are_stacked_oldest_first() -> None:
    of = schema(1, dimension=1, stack=3)
    weights = np.array([[1, 10, 100], [0, 0, 0]], "<f4")
    tensors = {
        "actor/out.weight": weights,
        "actor/out.bias": np.zeros(2, "<f4"),
    }
    policy = Policy(snapshot(of, [0, 0], tensors=tensors))
    frames = FrameStack(of)
    frames.begin([2.0])
    assert policy.distribution(frames.observation)[0] == 222
    frames.push([3.0])
    assert policy.distribution(frames.observation)[0] == 322
    frames.push([4.0])
    frames.push([5.0])
    assert policy.distribution(frames.observation)[0] == 543
    assert policy.distribution([[3.0], [4.0], [5.0]])[0] == 543


@pytest.mark.parametrize(
    ("observation", "message"),
    [
        ([1.0, 2.0], "have the groups state, pixels: give a dict"),
        ({"state": [1, 2]}, "no group 'pixels'"),
        ({"state": [1, 2], "p": 1}, "the group 'p'"),
        ({"state": [1, 2], "pixels": np.zeros((2, 2))}, "float64, needs uint8"),
        ({"state": ["a", "b"], "pixels": 0}, "needs numbers"),
        (
            {"state": [1, 2, 3], "pixels": np.zeros((2, 2), np.uint8)},
            "observations.state has shape [3], needs [2]",
        ),
        (
            {"state": [[1, 2]], "pixels": np.zeros((2, 2, 2), np.uint8)},
            "observations.pixels has shape [2, 2, 2], needs [1, 2, 2]",
        ),
        (
            {"state": [1, np.nan], "pixels": np.zeros((2, 2), np.uint8)},
            "row 0, column 1 is nan, not finite",
        ),
        (
            {"state": [1e300, 0], "pixels": np.zeros((2, 2), np.uint8)},
            "row 0, column 0 is inf, not finite",
        ),
    ],
)
def test_an_observation_that_does_not_fit_is_explained(
    observation: Any, message: str
) -> None:
    if isinstance(observation, dict) and "pixels" in observation:
        pixels = observation["pixels"]
        if np.isscalar(pixels):
            observation["pixels"] = np.zeros((2, 2), np.uint8)
    policy = Policy(snapshot(two_groups()))
    with pytest.raises(InvalidStepError) as error:
        policy.act(observation)
    assert message in str(error.value)


def test_outputs_that_overflow_are_an_error() -> None:
    policy = Policy(snapshot(schema(1, dimension=1)))
    with pytest.raises(InvalidPolicyError, match="output that is not finite"):
        policy.act([3e38])


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        ("actor/l0.weight", None, "tensor actor/l0.weight is missing"),
        (
            "actor/l0.weight",
            np.ones((8, 4), "<f4"),
            "[8, 4], needs [outputs, 3]",
        ),
        (
            "actor/l0.weight",
            np.ones((0, 3), "<f4"),
            "[0, 3], needs [outputs, 3]",
        ),
        ("actor/l0.bias", np.ones(8), "is float64, needs F32"),
        ("actor/l0.bias", np.ones((8, 1), "<f4"), "[8, 1], needs [8]"),
        ("actor/out.bias", np.ones(3, "<f4"), "[3], needs [4]"),
    ],
)
def test_a_tensor_that_does_not_fit_is_named(
    name: str, tensor: Any, message: str
) -> None:
    good = snapshot(schema(3, dimension=2))
    tensors = {**good.tensors, name: tensor}
    if tensor is None:
        del tensors[name]
    with pytest.raises(InvalidPolicyError) as error:
        Policy(snapshot(good.schema, tensors=tensors))
    assert message in str(error.value)


def test_a_network_of_the_wrong_width_is_refused() -> None:
    good = snapshot(schema(3, dimension=2))
    with pytest.raises(
        InvalidPolicyError, match="has 4 outputs, head categorical needs 5"
    ):
        Policy(
            snapshot(
                schema(3, num_actions=5),
                layers=good.layers,
                tensors=good.tensors,
            )
        )
