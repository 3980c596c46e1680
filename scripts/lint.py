# SPDX-License-Identifier: Apache-2.0
"""Checks the C++ sources with clang's tools.

usage: lint.py [--base REVISION] BUILD_FOLDER
       lint.py --fix-format

1. clang-format on every C++ file, tracked or new (--fix-format rewrites them
   and checks nothing).
2. clang++ -Wthread-safety on every compiled file outside generated code that
   does not link LibTorch: g++ ignores the annotations of core/mutex.h, so
   only this pass checks that guarded members are used under their lock.
3. clang-tidy on the compiled files that differ from --base (default: where
   this branch left origin/main or main; on main itself the last commit),
   uncommitted changes included.

BUILD_FOLDER holds compile_commands.json and the generated headers. The exit
status is 1 when anything was found.
"""

import argparse
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CPP = (".cc", ".h", ".cu", ".cuh")


def run(arguments, folder=ROOT):
    """The exit status and what was printed."""
    done = subprocess.run(
        arguments,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return done.returncode, done.stdout


def git(*arguments):
    """Lines that git prints; none if it fails."""
    status, text = run(["git", *arguments])
    return text.splitlines() if status == 0 else []


def tracked_files():
    names = git("ls-files", "--cached", "--others", "--exclude-standard")
    return sorted(
        name
        for name in set(names)
        if name.endswith(CPP) and os.path.exists(os.path.join(ROOT, name))
    )


def default_base():
    head = git("rev-parse", "HEAD")
    for branch in ("origin/main", "main"):
        base = git("merge-base", "HEAD", branch)
        if base and base != head:
            return base[0]
    return "HEAD~1" if git("rev-parse", "--verify", "HEAD~1") else "HEAD"


def changed_files(base):
    names = git("diff", "--name-only", base)
    names += git("ls-files", "--others", "--exclude-standard")
    return set(names)


def compiled_files(build):
    """{file relative to ROOT: (folder, arguments)} of our own C++ sources."""
    path = os.path.join(build, "compile_commands.json")
    with open(path, encoding="utf-8") as database:
        entries = json.load(database)
    commands = {}
    for entry in entries:
        file = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
        name = os.path.relpath(file, ROOT)
        outside = name.startswith("..") or file.startswith(
            os.path.realpath(build) + os.sep
        )
        if outside or not name.endswith(".cc"):
            continue
        command = shlex.split(entry["command"])
        flags = front_end_flags(command)
        commands.setdefault(name, (entry["directory"], [*flags, file]))
    return commands


def front_end_flags(command):
    """What a parser needs of a compile command: no launcher, no code
    generation, no g++ option that clang does not know."""
    flags = []
    value_follows = False
    for argument in command:
        if value_follows:
            flags.append(argument)
            value_follows = False
        elif argument in ("-isystem", "-idirafter", "-include", "-I"):
            flags.append(argument)
            value_follows = True
        elif argument.startswith(("-I", "-D", "-std=")):
            flags.append(argument)
    return flags


def write_database(build, compiled):
    """A compile_commands.json that clang-tidy understands; returns its folder."""
    folder = os.path.join(build, "lint")
    os.makedirs(folder, exist_ok=True)
    entries = [
        {
            "directory": directory,
            "file": arguments[-1],
            "arguments": ["clang++", *arguments[:-1], "-c", arguments[-1]],
        }
        for directory, arguments in compiled.values()
    ]
    path = os.path.join(folder, "compile_commands.json")
    with open(path, "w", encoding="utf-8") as database:
        json.dump(entries, database, indent=1)
    return folder


def thread_safety_command(arguments):
    return [
        "clang++",
        "-fsyntax-only",
        "-Wno-everything",
        "-Wthread-safety",
        "-Werror=thread-safety",
        *arguments,
    ]


def report(title, failures, total):
    """Prints a check's outcome and returns its number of failures."""
    for name, text in failures:
        print(f"{name}:\n{text.rstrip()}\n")
    print(f"lint: {title}: {total} files, {len(failures)} with findings")
    return len(failures)


def check_all(title, commands):
    """Runs {name: (folder, arguments)}, as many at a time as there are cores."""
    failures = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = {
            name: pool.submit(run, arguments, folder)
            for name, (folder, arguments) in sorted(commands.items())
        }
        for name, result in results.items():
            status, text = result.result()
            if status != 0:
                failures.append((name, text))
    return report(title, failures, len(commands))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", help="revision that clang-tidy compares with")
    parser.add_argument("--fix-format", action="store_true")
    parser.add_argument("build", nargs="?", help="build folder")
    options = parser.parse_args()
    if not options.fix_format and not options.build:
        parser.error("which build folder?")

    sources = tracked_files()
    if options.fix_format:
        status, text = run(["clang-format", "-i", *sources])
        print(text, end="")
        print(f"lint: formatted {len(sources)} files")
        return status
    found = check_all(
        "clang-format",
        {
            name: (ROOT, ["clang-format", "--dry-run", "-Werror", name])
            for name in sources
        },
    )

    build = os.path.abspath(options.build)
    compiled = compiled_files(build)
    found += check_all(
        "clang -Wthread-safety",
        {
            name: (folder, thread_safety_command(arguments))
            for name, (folder, arguments) in compiled.items()
            if "-idirafter" not in arguments
        },
    )

    base = options.base or default_base()
    changed = changed_files(base)
    tidy = ["clang-tidy", "--quiet", "-p", write_database(build, compiled)]
    found += check_all(
        f"clang-tidy (changed since {base[:12]})",
        {
            name: (ROOT, [*tidy, os.path.join(ROOT, name)])
            for name in compiled
            if name in changed
        },
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
