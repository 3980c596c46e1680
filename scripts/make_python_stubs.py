# SPDX-License-Identifier: Apache-2.0
"""Writes the Python package's view of the wire from proto/softfleet/v1: run it
after a change there and commit what it wrote.

usage: make_python_stubs.py [FOLDER]

FOLDER (default: python/src/softfleet/v1) gets descriptors.binpb, from which
the messages are made at run time, and *_pb2.pyi for type checkers. Needs protoc
3.20 or newer; the committed files are Debian 12's (3.21.12). PROTOC in the
environment names another one than the first in PATH.
"""

import glob
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEADER = (
    "# SPDX-License-Identifier: Apache-2.0\n"
    "# Written by scripts/make_python_stubs.py.\n"
)


def main():
    folder = os.path.join(ROOT, "python/src/softfleet/v1")
    if len(sys.argv) > 1:
        folder = os.path.abspath(sys.argv[1])
    os.makedirs(folder, exist_ok=True)
    protos = sorted(glob.glob("softfleet/v1/*.proto", root_dir=f"{ROOT}/proto"))
    with tempfile.TemporaryDirectory() as made:
        subprocess.run(
            [
                os.environ.get("PROTOC", "protoc"),
                f"-I{ROOT}/proto",
                "--include_imports",
                f"--descriptor_set_out={folder}/descriptors.binpb",
                f"--pyi_out={made}",
                *protos,
            ],
            check=True,
        )
        for path in sorted(glob.glob(f"{made}/softfleet/v1/*.pyi")):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            name = os.path.join(folder, os.path.basename(path))
            with open(name, "w", encoding="utf-8") as file:
                file.write(HEADER + text)


if __name__ == "__main__":
    main()
