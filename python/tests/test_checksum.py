# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from tests.support.policies import slow_crc32c

from softfleet.checksum import crc32c


@pytest.mark.parametrize(
    ("data", "expected"),
    [  # RFC 3720, B.4, and the usual check value
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_the_published_examples_come_out(data: bytes, expected: int) -> None:
    assert crc32c(data) == expected


def test_every_length_agrees_with_the_definition() -> None:
    rng = np.random.default_rng(1)
    lengths = [*range(80), *rng.integers(80, 3000, 40)]
    for length in lengths:
        data = rng.bytes(int(length))
        assert crc32c(data) == slow_crc32c(data), length
