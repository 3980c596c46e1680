# SPDX-License-Identifier: Apache-2.0
"""Runs a test that is written in Python with the Python for tests.

usage: run_with_test_python.py DEFAULT_INTERPRETER ARGUMENT ...

The interpreter is $SOFTFLEET_TEST_PYTHON, or else the default. Exit status 77,
with the reason, where it is not there (tests/testing/python.h has the contract).
"""

import os
import sys

SKIPPED = 77


def main():
    default, *arguments = sys.argv[1:]
    python = os.environ.get("SOFTFLEET_TEST_PYTHON") or default
    if not os.access(python, os.X_OK):
        print(
            f"skipped: there is no Python for tests at {python}; run "
            "`scripts/setup --python`, or set SOFTFLEET_TEST_PYTHON to an "
            "interpreter that has the packages of scripts/python-tests.txt"
        )
        return SKIPPED
    os.execv(python, [python, "-B", *arguments])


if __name__ == "__main__":
    sys.exit(main())
