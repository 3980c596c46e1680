// SPDX-License-Identifier: Apache-2.0
// A panel: the fixed starts on which policies are compared. Loaded from a
// text file (proto/softfleet/v1/panel.proto) or drawn once per run where
// there is none. Values; thread-safe when const.
#ifndef SOFTFLEET_EVALUATION_PANEL_H_
#define SOFTFLEET_EVALUATION_PANEL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"
#include "environments/registry.h"
#include "softfleet/v1/panel.pb.h"

namespace softfleet {

// When an evaluated episode counts as a success.
struct SuccessCriterion {
  enum class Kind : uint8_t {
    kEnvironmentFlag,    // the environment said so at some step
    kReturnAtLeast,      // return >= value
    kWithinOfReference,  // return >= reference - value; value >= 0
  };
  Kind kind = Kind::kEnvironmentFlag;
  double value = 0;  // not used by kEnvironmentFlag
  bool operator==(const SuccessCriterion&) const = default;
};

// One start: a reset seed, or a physical state as Environment::ResetTo takes
// it (then `seed` is not used).
struct PanelStart {
  std::vector<double> state;
  uint64_t seed = 0;
  // Best return known from here; nullopt = unknown.
  std::optional<double> reference_return;
  // Seed of the action noise, see SeedNoise. It alone decides the noise, so a
  // start keeps its episode wherever it stands in a panel.
  uint64_t noise_seed = 0;
  bool operator==(const PanelStart&) const = default;
};

struct Panel {
  std::string environment;        // EnvironmentId(options)
  uint64_t environment_hash = 0;  // EnvironmentHash(options)
  std::optional<SuccessCriterion> success;
  std::vector<PanelStart> starts;
  bool operator==(const Panel&) const = default;
};

// The criterion of a configuration or a panel file: nullopt when none is set;
// InvalidArgument for environment_flag: false, a number that is not finite,
// or a negative within_of_reference.
absl::StatusOr<std::optional<SuccessCriterion>> ParseSuccessCriterion(
    const v1::SuccessCriterion& criterion);

// The panel in `text`, noise seeds set. Strict: InvalidArgument starts with
// "source:line:column" (from 1) for text that does not parse, unknown keys, a
// start without exactly one of state and seed, numbers that are not finite, a
// panel without starts, a within_of_reference criterion where a start has no
// reference. FailedPrecondition says which environment the panel is for when
// its name or hash are not those of `environment`.
absl::StatusOr<Panel> ParsePanel(absl::string_view text,
                                 absl::string_view source,
                                 const EnvironmentOptions& environment);

// The file that evaluation.panel names.
struct PanelFile {
  std::string path;  // as PanelFileName
  std::string text;
};
// NotFound says the field, where the file is not, and what to do.
absl::StatusOr<PanelFile> ReadPanelFile(FileSystem& files,
                                        const std::string& panel);

// Reads it and parses it.
absl::StatusOr<Panel> LoadPanel(FileSystem& files, const std::string& panel,
                                const EnvironmentOptions& environment);

// A panel for where there is no file: `episodes` reset seeds, seed i =
// Philox(seed, Purpose::kEvaluationReset, i). Equal arguments give an equal
// panel, so every evaluation of a run, in both modes, sees the same starts.
Panel RandomStarts(const EnvironmentOptions& environment, int episodes,
                   uint64_t seed);

// A copy with another criterion: another panel, with its own hash and noise.
Panel WithSuccess(Panel panel, std::optional<SuccessCriterion> success);

// The same starts with the same noise in another environment, a disturbed one
// for example: another panel, with its own hash, whose episodes can be compared
// with the first one's start by start.
Panel WithEnvironment(Panel panel, const EnvironmentOptions& environment);

// FNV-1a 64 over a canonical text of everything that affects an evaluation's
// numbers: environment hash, criterion, starts and references, in order. Noise
// seeds follow from it and are left out. Rows with different panel hashes are
// never compared.
uint64_t PanelHash(const Panel& panel);

// Sets each start's noise seed: Philox(PanelHash, Purpose::kPanelNoiseSeed,
// i).NextU64().
void SeedNoise(Panel* panel);

// OK, or InvalidArgument that names the start: at least one start, finite
// numbers, references where the criterion needs them.
absl::Status CheckPanel(const Panel& panel);

// OK, or FailedPrecondition that says which environment the panel is for, when
// that is not the one `environment` makes.
absl::Status CheckPanelEnvironment(const Panel& panel,
                                   const EnvironmentOptions& environment);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_PANEL_H_
