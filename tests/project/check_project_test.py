# SPDX-License-Identifier: Apache-2.0
"""Each rule of check_project.py on a small tree that breaks it, and on one that
does not: a check that cannot fail proves nothing."""

import os
import subprocess
import sys
import tempfile
import unittest

import check_project
import rooms

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
CHECKER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "check_project.py")


class CheckProjectTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def write(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def includes(self, name, *targets):
        self.write(
            name, SPDX + "".join(f'#include "{target}"\n' for target in targets)
        )
        return check_project.includes(self.root)

    def test_the_table_allows_what_a_room_lists_and_what_that_lists(self):
        self.assertEqual(
            self.includes(
                "replay/table.cc",
                "replay/table.h",
                "experience/schema.h",
                "core/status.h",
                "softfleet/v1/run.pb.h",
                "absl/status/status.h",
            ),
            [],
        )

    def test_a_room_above_or_beside_may_not_be_included(self):
        for name, target in (
            ("core/clock.h", "replay/table.h"),
            ("replay/table.h", "policy/policy.h"),
            ("environments/classic/pendulum.cc", "evaluation/panel.h"),
            ("evaluation/panel.cc", "transport/channel.h"),
            ("learner/loop.cc", "cli/builder.h"),
        ):
            with self.subTest(name=name):
                problems = self.includes(name, target)
                self.assertEqual(len(problems), 1, problems)
                self.assertIn(name, problems[0])
                self.assertIn(target, problems[0])
            os.remove(os.path.join(self.root, name))

    def test_angle_brackets_do_not_hide_an_include(self):
        self.write("core/a.h", SPDX + "#  include <replay/table.h>\n")
        self.assertEqual(len(check_project.includes(self.root)), 1)

    def test_only_mains_and_the_service_of_a_wired_room_reach_transport(self):
        self.assertEqual(
            self.includes("actor/main.cc", "transport/a.h", "grpcpp/grpcpp.h"),
            [],
        )
        self.assertEqual(
            self.includes("learner/learner_service.cc", "transport/a.h"), []
        )
        self.assertEqual(
            len(self.includes("actor/loop.cc", "grpcpp/grpcpp.h")), 1
        )

    def test_sac_is_free_of_configuration_and_wire_formats(self):
        self.assertEqual(len(self.includes("sac/a.h", "run/config.h")), 1)
        self.assertEqual(
            len(self.includes("sac/cuda/b.h", "softfleet/v1/run.pb.h")), 2
        )

    def test_libtorch_is_for_sac_learner_cli_tests_and_benchmarks(self):
        for name in ("sac/a.cc", "learner/a.cc", "cli/a.cc", "tests/x/a.cc",
                     "benchmarks/a.cc"):
            self.assertEqual(self.includes(name, "ATen/core/Tensor.h"), [])
        self.assertEqual(len(self.includes("policy/a.cc", "torch/types.h")), 1)

    def test_libtorch_and_protobuf_never_meet_in_a_file(self):
        problems = self.includes(
            "tests/learner/a.cc", "ATen/ATen.h", "softfleet/v1/run.pb.h"
        )
        self.assertEqual(len(problems), 1)
        self.assertIn("protobuf", problems[0])

    def test_torch_h_is_counted_over_the_whole_tree(self):
        for number in range(rooms.MOST_TORCH_H):
            self.assertEqual(
                self.includes(f"sac/a{number}.cc", "torch/torch.h"), []
            )
        self.assertEqual(len(self.includes("tests/a.cc", "torch/torch.h")), 1)

    def test_an_include_must_be_written_from_the_root(self):
        self.assertEqual(len(self.includes("core/a.cc", "../core/a.h")), 1)
        self.assertEqual(len(self.includes("core/b.cc", "a.h")), 2)

    def test_a_room_does_not_include_tests(self):
        self.assertEqual(len(self.includes("cli/a.cc", "tests/fake.h")), 1)

    def test_an_unknown_room_is_named(self):
        problems = self.includes("helpers/a.cc", "core/status.h")
        self.assertEqual(len(problems), 1)
        self.assertIn("helpers", problems[0])

    def test_the_licence_line_comes_first(self):
        self.write("core/good.h", SPDX + "int a;\n")
        self.write("scripts/good", "#!/bin/sh\n" + SPDX.replace("//", "#"))
        self.write("README.md", "no source\n")
        self.assertEqual(check_project.licences(self.root), [])
        self.write("core/late.h", "\n" + SPDX)
        self.write("core/empty.cc", "")
        self.write("scripts/tool", "#!/bin/sh\necho\n")
        self.write("core/CMakeLists.txt", "project(x)\n")
        self.assertEqual(len(check_project.licences(self.root)), 4)

    def test_absolute_paths_of_a_machine_are_found(self):
        for folder in ("work", "root", "home"):
            self.write("docs/a.md", f"see /{folder}/somebody/x\n")
            self.assertEqual(len(check_project.paths(self.root)), 1, folder)
        self.write("docs/a.md", "see ~/x, $HOME/x, a/home/b, //x.org/home/y\n")
        self.assertEqual(check_project.paths(self.root), [])

    def test_long_files_must_be_listed(self):
        self.write("core/long.cc", SPDX + "\n" * rooms.MOST_LINES)
        self.assertEqual(len(check_project.lines(self.root)), 1)
        self.write("core/long.cc", SPDX + "\n" * (rooms.MOST_LINES - 1))
        self.assertEqual(check_project.lines(self.root), [])

    def test_the_program_exits_1_when_it_finds_something(self):
        self.includes("core/a.cc", "cli/b.h")
        done = subprocess.run(
            [sys.executable, "-B", CHECKER, "includes", self.root],
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("core/a.cc", done.stdout)

    def test_the_table_itself_has_no_circle(self):
        for room, listed in rooms.ROOMS.items():
            for other in listed:
                if other != "*":
                    self.assertNotIn(room, check_project.reachable(other))


if __name__ == "__main__":
    unittest.main()
