# SPDX-License-Identifier: Apache-2.0
# The everyday commands; `make help` lists them. Each starts with what it
# needs (set-up, configuration, build) and skips what is up to date.

# release, debug, asan, tsan or cuda: see CMakePresets.json.
PRESET ?= release
# Compilers at a time. A file that includes torch/torch.h takes up to 1.7 GB.
JOBS ?= $(shell nproc)
TEST_JOBS ?= 2
CONFIG ?= configs/pendulum.textproto
RUN_DIR ?= runs/pendulum

# The rooms, and the part of one, whose tests run under ThreadSanitizer: those
# with threads of their own and without LibTorch.
TSAN_ROOMS = core transport replay_server environments actor sac/fused

BUILD = build/$(PRESET)
SETUP = scripts/setup $(if $(filter cuda,$(PRESET)),--cuda)
CTEST = ctest --output-on-failure -j$(TEST_JOBS)

.DEFAULT_GOAL := help
.PHONY: help setup setup-for-tests configure build train test test-long bench \
        lint format install clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | \
	  awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'
	@echo "  variables: PRESET=release|debug|asan|tsan|cuda" \
	  "JOBS=$(JOBS) TEST_JOBS=$(TEST_JOBS)"

setup: ## Debian packages, LibTorch and MuJoCo, once
	@$(SETUP)

configure: setup
	@cmake --preset $(PRESET) \
	  -DLIBTORCH_ROOT="$$($(SETUP) --root)" \
	  -DMUJOCO_ROOT="$$($(SETUP) --mujoco-root)" \
	  -DSOFTFLEET_TEST_PYTHON="$$($(SETUP) --python-root)/bin/python" \
	  >/dev/null

build: configure ## everything, into build/$(PRESET)
	@cmake --build $(BUILD) -j$(JOBS)

train: configure ## train the pendulum (CONFIG=, RUN_DIR=); again resumes
	@cmake --build $(BUILD) -j$(JOBS) --target softfleet
	$(BUILD)/bin/softfleet train --config $(CONFIG) --run_dir $(RUN_DIR)

# Tests of what cannot be had here, without a network for one, are skipped.
setup-for-tests: setup
	@for what in --python --video; do \
	  $(SETUP) $$what --check >/dev/null || $(SETUP) $$what || \
	    echo "make: the tests that need \`scripts/setup $$what\` are skipped"; \
	done

test: setup-for-tests build ## every test of the normal tier
	@$(CTEST) --test-dir $(BUILD) -LE '^long$$'

test-long: setup-for-tests build ## fault, fuzz, learning tests; sanitizers
	@$(CTEST) --test-dir $(BUILD) -L '^long$$'
	@$(MAKE) --no-print-directory build PRESET=asan
	@$(CTEST) --test-dir build/asan
	@$(MAKE) --no-print-directory configure PRESET=tsan
	@cmake --build build/tsan -j$(JOBS) --target $(TSAN_ROOMS:%=tests/%/all)
	@for room in $(TSAN_ROOMS); do \
	  $(CTEST) --test-dir build/tsan/tests/$$room -LE '^long$$' || exit; \
	done

bench: build ## run every program in build/$(PRESET)/benchmarks
	@scripts/bench $(BUILD)

lint: build ## clang-format, clang -Wthread-safety, clang-tidy on changes
	@scripts/setup --lint
	@python3 scripts/lint.py $(BUILD)

format: ## rewrite the C++ files with clang-format
	@scripts/setup --lint
	@python3 scripts/lint.py --fix-format

install: build ## into PREFIX (default: install/)
	@cmake --install $(BUILD) --prefix $(or $(PREFIX),install)

clean: ## remove build/
	rm -rf build
