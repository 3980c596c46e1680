# SPDX-License-Identifier: Apache-2.0
import json
from typing import Any

import numpy as np
import pytest
from tests.support.policies import safetensors_bytes

from softfleet import InvalidPolicyError
from softfleet.safetensors import DTYPES, parse_safetensors

TENSORS = {
    "weight": np.arange(6, dtype="<f4").reshape(2, 3),
    "bias": np.array([1.5, -2], "<f4"),
}


def parse(data: bytes) -> dict[str, Any]:
    return parse_safetensors(data, "a.safetensors")


def with_header(header: Any, data: bytes = bytes(24)) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(**changes: Any) -> dict[str, Any]:
    whole = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
    return {**whole, **changes}


def test_tensors_of_every_dtype_are_read() -> None:
    tensors = {
        name: np.arange(4).astype(dtype) for name, dtype in DTYPES.items()
    }
    found = parse(safetensors_bytes(tensors, {"made": "here"}))
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(found[name], tensor)
        assert found[name].dtype == tensor.dtype


def test_files_of_the_reference_implementation_are_read() -> None:
    numpy_format = pytest.importorskip("safetensors.numpy")
    found = parse(numpy_format.save(TENSORS))
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(found[name], tensor)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"1234567", "7 bytes has no header"),
        (with_header(b"{}", b"")[:9], "says it has 2 bytes, 1 follow"),
        ((1 << 60).to_bytes(8, "little") + b"{}", "says it has"),
        (with_header(b"[]"), "does not begin with {"),
        (with_header(b'{"a": NaN}'), "not JSON: NaN"),
        (with_header(b'{"a"'), "not JSON"),
        (with_header(b'{"\xff": 1}'), "not JSON"),
        (with_header(b'{"w": {"dtype": "U8"}, "w": 1}'), '"w" twice'),
        (with_header({"__metadata__": {"a": 1}}), "__metadata__"),
        (with_header({"w": 1}), '"w": its entry'),
        (with_header({"w": entry(more=1)}), '"w": its entry'),
        (with_header({"w": entry(dtype="F16")}), "\"w\": unknown dtype 'F16'"),
        (with_header({"w": entry(shape=[-2, 3])}), "shape [-2, 3]"),
        (with_header({"w": entry(shape=[True, 6])}), "shape [True, 6]"),
        (with_header({"w": entry(shape=[2, 2])}), "takes 16 bytes"),
        (with_header({"w": entry(data_offsets=[0, 25])}), "[0, 25] are not"),
        (with_header({"w": entry(data_offsets=[24, 0])}), "[24, 0] are not"),
        (with_header({"w": entry(data_offsets=[0])}), "[0] are not"),
        (with_header({"w": entry()}, bytes(25)), "1 bytes follow the last"),
        (
            with_header({"w": entry(data_offsets=[4, 28])}, bytes(28)),
            '"w" begins at byte 4',
        ),
        (with_header({"v": entry(), "w": entry()}), '"w" begins at byte 0'),
    ],
)
def test_what_is_wrong_is_named(data: bytes, message: str) -> None:
    with pytest.raises(InvalidPolicyError) as error:
        parse(data)
    assert str(error.value).startswith("a.safetensors: ")
    assert message in str(error.value)


def test_damaged_files_never_fail_in_another_way() -> None:
    seed = 20
    rng = np.random.default_rng(seed)
    good = safetensors_bytes(TENSORS)
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(rng.integers(1, 4)):
            data[rng.integers(len(data))] = rng.integers(256)
        try:
            parse(bytes(data[: rng.integers(len(data) + 1)]))
        except InvalidPolicyError:
            pass
