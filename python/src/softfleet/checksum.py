# SPDX-License-Identifier: Apache-2.0
"""CRC-32C (Castagnoli), which protects snapshots on the wire and bundles on
disk, at numpy's speed: a loop over bytes would take longer than the policy.

The register is linear in the message, so blocks are reduced on their own and
joined in pairs: crc(a b) = crc(a 0...0) ^ crc(b). Appending zeros is a linear
map too, kept as a table per byte of the register.
"""

import numpy as np
import numpy.typing as npt

_POLYNOMIAL = 0x82F63B78  # reflected
_WORD = 8  # bytes of a block

_Register = npt.NDArray[np.uint32]


def _byte_table() -> _Register:
    table: _Register = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        odd = table & np.uint32(1)
        table = (table >> np.uint32(1)) ^ odd * np.uint32(_POLYNOMIAL)
    return table


def _word_tables() -> list[_Register]:
    """tables[i][byte]: the register after `byte` and i zeros, begun at 0."""
    tables = [_byte_table()]
    for _ in range(_WORD - 1):
        last = tables[-1]
        tables.append((last >> 8) ^ tables[0][last & 0xFF])
    return tables


_TABLES = _word_tables()


def _shift_by_word() -> list[_Register]:
    """shift[i][byte]: what byte i of a register becomes after 8 zeros."""
    return [_TABLES[_WORD - 1 - i] for i in range(4)]


# _SHIFTS[k] appends 8 * 2^k zeros; grows with the longest message seen.
_SHIFTS = [_shift_by_word()]


def _append_zeros(registers: _Register, level: int) -> _Register:
    while len(_SHIFTS) <= level:
        last = len(_SHIFTS) - 1
        _SHIFTS.append([_append_zeros(t, last) for t in _SHIFTS[last]])
    first, second, third, fourth = _SHIFTS[level]
    result: _Register = (
        first[registers & 0xFF]
        ^ second[(registers >> 8) & 0xFF]
        ^ third[(registers >> 16) & 0xFF]
        ^ fourth[registers >> 24]
    )
    return result


def _block_registers(message: npt.NDArray[np.uint8]) -> _Register:
    """The register after each block of 8 bytes, begun at 0."""
    blocks = message.reshape(-1, _WORD)
    registers = np.zeros(len(blocks), np.uint32)
    for i in range(_WORD):
        registers ^= _TABLES[_WORD - 1 - i][blocks[:, i]]
    return registers


def crc32c(data: bytes) -> int:
    """The CRC-32C of `data`: 0xE3069283 for b"123456789"."""
    if len(data) < 4:
        return _crc_of_few(data)
    # A register that begins with ones is one that begins with 0 and reads the
    # first four bytes inverted; zeros in front of it change nothing.
    begin = -len(data) % _WORD
    message = np.zeros(begin + len(data), np.uint8)
    message[begin:] = np.frombuffer(data, np.uint8)
    message[begin : begin + 4] ^= 0xFF
    registers = _block_registers(message)
    level = 0
    while len(registers) > 1:
        if len(registers) % 2:
            registers = np.concatenate([np.zeros(1, np.uint32), registers])
        registers = _append_zeros(registers[0::2], level) ^ registers[1::2]
        level += 1
    return int(registers[0]) ^ 0xFFFFFFFF


def _crc_of_few(data: bytes) -> int:
    register = 0xFFFFFFFF
    for byte in data:
        register = (register >> 8) ^ int(_TABLES[0][(register ^ byte) & 0xFF])
    return register ^ 0xFFFFFFFF
