// SPDX-License-Identifier: Apache-2.0
// The evaluator that a run's configuration asks for, in one process and in a
// cluster. Thread-safe: free functions.
#ifndef SOFTFLEET_EVALUATION_MAKE_EVALUATOR_H_
#define SOFTFLEET_EVALUATION_MAKE_EVALUATOR_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"
#include "evaluation/evaluator.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

// On the configured panel, whose file has `panel_text` and is called
// `panel_source` in errors; or on evaluation.episodes starts of the run's seed
// where there is none. `stop` is Evaluator::Options::stop. Errors are
// Evaluator::Create's and those of the panel and the criterion.
absl::StatusOr<std::unique_ptr<Evaluator>> MakeEvaluator(
    const v1::RunConfig& config, absl::string_view panel_text,
    absl::string_view panel_source, std::function<bool()> stop = nullptr);

// Reads the panel's file itself.
absl::StatusOr<std::unique_ptr<Evaluator>> MakeEvaluator(
    FileSystem& files, const v1::RunConfig& config);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_MAKE_EVALUATOR_H_
