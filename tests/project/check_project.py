# SPDX-License-Identifier: Apache-2.0
"""Checks rules that hold for the whole source tree.

usage: check_project.py RULE ROOT

RULE is includes, licences, paths or lines (see the functions of these names).
Looks at every file git tracks or would add; prints one line per problem and
exits 1 if there was any.
"""

import fnmatch
import os
import re
import subprocess
import sys

import rooms

CPP = (".h", ".cc", ".cu", ".cuh")
SOURCES = CPP + (".proto", ".py", ".cmake", ".sh")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)
TORCH = re.compile(rooms.LIBRARIES["LibTorch"][0])
PROTOBUF = re.compile(r"google/protobuf/|.*\.pb\.h$")
ABSOLUTE_PATH = re.compile(r"(?<![\w.}/-])/(?:work|root|home)/[\w.$-]")
LICENCE = "SPDX-License-Identifier: Apache-2.0"


def list_files(root):
    """Paths relative to `root`, sorted."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0:
        names = set(listed.stdout.split("\0")) - {""}
    else:  # A source tree without git.
        names = set()
        for folder, below, files in os.walk(root):
            below[:] = [
                name
                for name in below
                if name not in (".git", "build", "install", "runs", "__pycache__")
            ]
            names |= {
                os.path.relpath(os.path.join(folder, name), root)
                for name in files
            }
    return sorted(
        name for name in names if os.path.isfile(os.path.join(root, name))
    )


def read(root, name):
    """The file's text; None if it is not text."""
    with open(os.path.join(root, name), "rb") as file:
        data = file.read()
    if b"\0" in data[:8192]:
        return None
    return data.decode("utf-8", errors="replace")


def reachable(room):
    """The rooms that `room` may include, itself among them."""
    if rooms.ROOMS[room] == ["*"]:
        return set(rooms.ROOMS)
    found, pending = set(), [room]
    while pending:
        current = pending.pop()
        if current not in found:
            found.add(current)
            pending += rooms.ROOMS[current]
    return found - set(rooms.NEVER.get(room, []))


def allowed_rooms(name):
    """The rooms that the file `name` of some room may include."""
    allowed = reachable(name.split("/")[0])
    for pattern, more in rooms.EXTRA.items():
        if fnmatch.fnmatch(name, pattern):
            for room in more:
                allowed |= reachable(room)
    return allowed


def library_allowed(name, who):
    return any(
        name.split("/")[0] == item or fnmatch.fnmatch(name, item)
        for item in who
    )


def room_of_include(target):
    """The room that an include path leads into, or None."""
    if target.endswith(".pb.h"):
        return "proto"
    first = target.split("/")[0]
    if first in rooms.ROOMS and "/" in target:
        return first
    return None


def check_room_include(name, quote, target, problems):
    """One include of a file of a room."""
    if quote == '"' and ("/" not in target or ".." in target.split("/")):
        problems.append(f'{name}: "{target}" is not written from the root')
    if target.split("/")[0] in ("tests", "benchmarks", "examples"):
        problems.append(f"{name}: a room includes {target}")
    room = room_of_include(target)
    if room is not None and room not in allowed_rooms(name):
        problems.append(f"{name}: may not include {target} (room {room})")
    for library, (pattern, who) in rooms.LIBRARIES.items():
        if re.match(pattern, target) and not library_allowed(name, who):
            problems.append(f"{name}: may not include {target} ({library})")


def includes(root):
    """Includes follow the table of rooms; LibTorch stays where it may be."""
    problems, torch_h = [], []
    for name in list_files(root):
        if not name.endswith(CPP):
            continue
        top = name.split("/")[0]
        found = INCLUDE.findall(read(root, name) or "")
        targets = [target for _, target in found]
        if top in rooms.ROOMS:
            for quote, target in found:
                check_room_include(name, quote, target, problems)
        elif top not in rooms.BESIDE:
            problems.append(f"{name}: {top} is not in the table of rooms")
        torch = [target for target in targets if TORCH.match(target)]
        protobuf = [target for target in targets if PROTOBUF.match(target)]
        if torch and protobuf:
            problems.append(
                f"{name}: includes LibTorch ({torch[0]}) and protobuf "
                f"({protobuf[0]})"
            )
        if "torch/torch.h" in targets:
            torch_h.append(name)
    if len(torch_h) > rooms.MOST_TORCH_H:
        problems.append(
            f"{len(torch_h)} files include torch/torch.h, at most "
            f"{rooms.MOST_TORCH_H} may: {', '.join(torch_h)}"
        )
    return problems


def licences(root):
    """Every source file starts with the SPDX line (after a #! line)."""
    problems = []
    for name in list_files(root):
        base = os.path.basename(name)
        source = name.endswith(SOURCES) or base in ("CMakeLists.txt", "Makefile")
        lines = (read(root, name) or "").split("\n", 2)
        script = lines[0].startswith("#!")
        if not source and not script:
            continue
        if LICENCE not in lines[1 if script and len(lines) > 1 else 0]:
            problems.append(f"{name}: does not start with {LICENCE}")
    return problems


def paths(root):
    """No file names a folder of one person's machine."""
    problems = []
    for name in list_files(root):
        if name in rooms.ABSOLUTE_PATHS:
            continue
        for number, line in enumerate((read(root, name) or "").split("\n"), 1):
            found = ABSOLUTE_PATH.search(line)
            if found:
                near = line[found.start() : found.start() + 40]
                problems.append(f"{name}:{number}: absolute path {near}")
    return problems


def lines(root):
    """No source file is long, except those listed with a reason."""
    problems = []
    for name in list_files(root):
        if not name.endswith(SOURCES):
            continue
        count = (read(root, name) or "").count("\n")
        if count > rooms.MOST_LINES and name not in rooms.LONG_FILES:
            problems.append(
                f"{name}: {count} lines, more than {rooms.MOST_LINES}; split it "
                "or list it with its reason in tests/project/rooms.py"
            )
    return problems


RULES = {
    "includes": includes,
    "licences": licences,
    "paths": paths,
    "lines": lines,
}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in RULES:
        print(__doc__, file=sys.stderr)
        return 2
    problems = RULES[sys.argv[1]](sys.argv[2])
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
