# SPDX-License-Identifier: Apache-2.0
"""Installs a build, builds the examples and step_environments against it, and
runs them.

usage: install_test.py CMAKE SOURCE BUILD BUNDLE_WRITER [CMAKE_OPTION ...]

The options configure the example like the build. The prefix is moved after
installation, so that a path into the first place does not go unnoticed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

CMAKE, SOURCE, BUILD, BUNDLE_WRITER, *OPTIONS = sys.argv[1:]
ROOMS = ["core", "environments", "experience", "maxent", "policy", "replay"]


def run(*command, status=0, stdin=None):
    """What the command printed on stdout; on stderr if it should fail."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    if done.returncode != status:
        raise AssertionError(
            f"{' '.join(command)}: exit code {done.returncode}, "
            f"expected {status}\n{done.stdout}\n{done.stderr}"
        )
    return done.stderr if status else done.stdout


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def rows(text):
    return [[float(word) for word in line.split()] for line in text.split("\n")]


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="softfleet-install-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.first_prefix = os.path.join(cls.folder, "first")
        cls.prefix = os.path.join(cls.folder, "moved", "softfleet")
        run(CMAKE, "--install", BUILD, "--prefix", cls.first_prefix)
        os.mkdir(os.path.dirname(cls.prefix))
        os.rename(cls.first_prefix, cls.prefix)
        cls.act = cls.build_project("examples/act")
        cls.step = cls.build_project("tests/install/step_environments")
        plugin = cls.build_project("examples/environment_plugin")
        cls.plugin = os.path.join(os.path.dirname(plugin), "libcrane.so")
        run(BUNDLE_WRITER, cls.folder)

    @classmethod
    def build_project(cls, path):
        """The program of the source tree's project `path`, of the same name."""
        name = os.path.basename(path)
        # A copy outside the tree, so that nothing is found beside it.
        project = os.path.join(cls.folder, name)
        shutil.copytree(os.path.join(SOURCE, path), project)
        build = os.path.join(cls.folder, "build", name)
        run(
            CMAKE, "-S", project, "-B", build,
            f"-DCMAKE_PREFIX_PATH={cls.prefix}", *OPTIONS,
        )  # fmt: skip
        run(CMAKE, "--build", build)
        return os.path.join(build, name)

    def bundle(self, name):
        return os.path.join(self.folder, name)

    def expect_actions(self, name, mode, *options):
        observations = read(self.bundle(name + ".observations"))
        command = [self.act, self.bundle(name), *options]
        actual = rows(run(*command, stdin=observations))
        expected = rows(read(self.bundle(f"{name}.{mode}")))
        self.assertEqual(len(actual), len(expected))
        for left, right in zip(actual, expected):
            self.assertEqual(len(left), len(right))
            for a, b in zip(left, right):
                self.assertAlmostEqual(a, b, delta=1e-6)
        return actual

    def expect_error(self, stdin, *parts):
        error = run(self.act, self.bundle("continuous"), stdin=stdin, status=2)
        for part in parts:
            self.assertIn(part, error)

    def test_it_acts_as_the_policy_does(self):
        for name in ("continuous", "discrete"):
            sure = self.expect_actions(name, "deterministic")
            options = ["--stochastic", "7"]
            sampled = self.expect_actions(name, "stochastic", *options)
            self.assertNotEqual(sure, sampled)

    def test_a_bad_line_is_an_error_that_names_it(self):
        self.expect_error("1 2 3\n1 2\n", "line 2", "2 columns", "has 3")
        self.expect_error("1 2 3 4\n", "line 1", "4 columns", "has 3")
        for word in ("two", "nan", "1e99"):
            self.expect_error(f"1 {word} 3\n", "line 1", f'"{word}" is not')

    def test_bad_arguments_are_errors(self):
        bundle = self.bundle("discrete")
        for arguments in ([], [bundle, "--stochastic", "x"], [bundle, "7"]):
            self.assertIn("usage", run(self.act, *arguments, status=2))
        self.assertIn("nowhere", run(self.act, self.bundle("nowhere"), status=2))

    def test_the_example_does_not_link_libtorch(self):
        # Names only: the addresses beside them are random hexadecimal digits.
        lines = run("ldd", self.act).splitlines()
        linked = " ".join(line.split()[0] for line in lines)
        self.assertIn("libabsl", linked)
        for library in ("torch", "c10", "protobuf"):
            self.assertNotIn(library, linked)

    def test_every_environment_of_the_installed_library_steps(self):
        lines = run(self.step).splitlines()
        self.assertIn("Pendulum-v1", "".join(lines))
        for line in lines:
            self.assertLess(abs(float(line.split()[1])), 1000)

    def test_mujoco_is_found_where_it_was_moved_to(self):
        library = os.path.join(self.prefix, "lib", "libmujoco.so.4.0.0")
        for program in (self.step, os.path.join(self.prefix, "bin", "softfleet")):
            (line,) = [
                line
                for line in run("ldd", program).splitlines()
                if "libmujoco" in line
            ]
            found = line.split()[2]
            self.assertEqual(os.path.realpath(found), os.path.realpath(library))

    def test_the_package_and_headers_name_nothing_that_is_not_there(self):
        # MuJoCo's headers are not installed.
        places = [SOURCE, BUILD, self.first_prefix, "<mujoco/"]
        checked = 0
        for folder, _, names in os.walk(self.prefix):
            for name in names:
                if name.endswith((".cmake", ".h")):
                    text = read(os.path.join(folder, name))
                    checked += 1
                    for place in places:
                        self.assertNotIn(place, text, f"in {name}")
        self.assertGreater(checked, 30)

    def test_every_room_is_there_without_its_private_headers(self):
        headers = os.path.join(self.prefix, "include", "softfleet")
        self.assertEqual(sorted(os.listdir(headers)), ROOMS)
        policy = os.listdir(os.path.join(headers, "policy"))
        self.assertIn("bundle.h", policy)
        self.assertNotIn("manifest.h", policy)

    def check_and_train_crane(self, plugin, run_dir):
        program = os.path.join(self.prefix, "bin", "softfleet")
        run(program, "check-environment", "--plugin", plugin)
        example = os.path.join(SOURCE, "examples", "environment_plugin")
        run(
            program, "train",
            "--config", os.path.join(example, "crane.textproto"),
            "--run_dir", os.path.join(self.folder, run_dir),
            "--set", f"environment.plugin={plugin}",
            "--set", "total_steps=400", "--set", "learner.warmup_steps=100",
            "--set", "evaluation.episodes=2",
        )  # fmt: skip
        audit = read(os.path.join(self.folder, run_dir, "audit.csv")).split("\n")
        self.assertIn("400", audit[1].split(","))

    def test_a_plugin_built_with_cmake_is_trained(self):
        self.check_and_train_crane(self.plugin, "cmake")

    def test_a_plugin_needs_the_compiler_and_the_header_alone(self):
        compiler = next(o for o in OPTIONS if "CMAKE_CXX_COMPILER=" in o)
        plugin = os.path.join(self.folder, "libcrane_alone.so")
        run(
            compiler.split("=", 1)[1], "-std=c++17", "-O2", "-shared", "-fPIC",
            "-Wall", "-Wextra", "-Wpedantic", "-Werror",
            "-I", os.path.join(self.prefix, "include", "softfleet"),
            os.path.join(SOURCE, "examples", "environment_plugin", "crane.cc"),
            "-o", plugin,
        )  # fmt: skip
        linked = run("ldd", plugin)
        for library in ("absl", "protobuf", "mujoco", "spdlog"):
            self.assertNotIn(library, linked)
        self.check_and_train_crane(plugin, "alone")

    def test_the_installed_program_runs(self):
        program = os.path.join(self.prefix, "bin", "softfleet")
        self.assertIn("softfleet", run(program, "--help"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
