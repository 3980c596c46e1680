# SPDX-License-Identifier: Apache-2.0
"""Checks that files compiled for one instruction set share no code.

usage: check_kernel_symbols.py NM OBJECT ...

Looks at the objects kernels_a*: each may define its tables and nothing else
that the linker could take in another file's place (an inline function of the
standard library compiled for AVX-512, say). Exits 1 and names what it found.
"""

import os
import re
import subprocess
import sys

TABLE = re.compile(r"softfleet::fused::k(Avx|Amx)\w+$")


def shared_symbols(nm, path):
    listed = subprocess.run(
        [nm, "-C", "--defined-only", "--extern-only", path],
        check=True,
        capture_output=True,
        text=True,
    )
    names = [line.split(" ", 2)[-1] for line in listed.stdout.splitlines()]
    # AddressSanitizer marks each table with a name of its own.
    return [
        name
        for name in names
        if name and not TABLE.search(name) and "__odr_asan" not in name
    ]


def main(arguments):
    nm, *objects = arguments
    checked, problems = 0, []
    for path in objects:
        if os.path.basename(path).startswith("kernels_a"):
            checked += 1
            problems += [
                f"{os.path.basename(path)} defines {name}"
                for name in shared_symbols(nm, path)
            ]
    for problem in problems:
        print(problem)
    if checked == 0:
        print("no object named kernels_a* given")
    return 1 if problems or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
