# SPDX-License-Identifier: Apache-2.0
"""The table of rooms: who may include what. ARCHITECTURE.md explains it; this
is what the check reads. Data only."""

# Room -> the rooms it may include. What those may include comes along.
ROOMS = {
    "proto": [],
    "core": ["proto"],
    "experience": ["core"],
    "run": ["core"],
    "environments": ["core", "experience"],
    "replay": ["core", "experience"],
    "policy": ["core", "experience"],
    "maxent": ["core"],
    "sac": ["core", "experience", "replay"],
    "transport": ["proto", "core", "experience"],
    "replay_server": ["replay", "transport", "run"],
    "evaluation": ["environments", "policy", "run"],
    "actor": ["environments", "policy", "run"],
    "learner": ["sac", "replay", "policy", "run"],
    "cli": ["*"],
}

# Room -> rooms it must not include although the table above would let it.
# sac stays free of wire and file formats: LibTorch's and protobuf's headers
# must not meet in one file.
NEVER = {"sac": ["proto", "run"]}

# Files (fnmatch patterns) -> rooms they may include besides.
EXTRA = {
    "evaluation/*main.cc": ["transport"],
    "actor/*main.cc": ["transport"],
    # The learner's process writes the run's report.html.
    "learner/*main.cc": ["transport", "evaluation"],
    "learner/*service*": ["transport"],
}

# Outside library -> (what its includes look like, who may include it: rooms or
# patterns of files). Tests and benchmarks may include any.
LIBRARIES = {
    "LibTorch": (r"(torch|ATen|c10)/", ["sac", "learner", "cli"]),
    "CUDA": (r"(cuda|cublas|cudnn|curand|nccl)\w*\.h|(cub|thrust)/", ["sac"]),
    "gRPC": (
        r"grpc(pp)?/|.*\.grpc\.pb\.h",
        [
            "transport",
            "replay_server",
            "cli",
            "evaluation/*main.cc",
            "actor/*main.cc",
            "learner/*main.cc",
            "learner/*service*",
        ],
    ),
    "prometheus-cpp": (r"prometheus/", ["core"]),
    "spdlog": (r"spdlog/", ["core"]),
    "Eigen": (r"Eigen/", ["policy", "maxent", "cli"]),
    "MuJoCo": (r"mujoco/", ["environments"]),
    "OpenSSL": (r"openssl/", ["transport"]),
    "CLI11": (r"CLI/", ["transport", "cli", "*main.cc"]),
}

# Folders that hold sources but are no rooms.
BESIDE = ["tests", "benchmarks", "examples", "scripts", "docs", "deploy"]

# torch/torch.h costs 18 s and 1.4 GB per file that includes it.
MOST_TORCH_H = 3

MOST_LINES = 400
# Source files that are longer, and why that is right.
LONG_FILES = {
    "core/safetensors.cc": "one file format: its checks, reader and writer",
    "environments/plugin/softfleet_environment.h": "plug-ins need one header",
    "tests/core/safetensors_test.cc": "one case per rule of the format",
    "tests/experience/step_block_test.cc": "one case per rule of a block",
}

# Files that may name an absolute path below a home or work folder, and why.
ABSOLUTE_PATHS = {}
