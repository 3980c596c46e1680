// SPDX-License-Identifier: Apache-2.0
#include "evaluation/report_data.h"

#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "core/hash.h"
#include "core/status.h"
#include "run/audit_log.h"
#include "run/checkpoint_store.h"
#include "run/config.h"
#include "run/machine.h"
#include "run/stop_rules.h"

namespace softfleet {
namespace {

using Json = nlohmann::json;

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

// Reads the parts of one run directory into one ReportData.
class Gathering {
 public:
  Gathering(FileSystem& files, const std::string& run_dir)
      : files_(files), run_dir_(run_dir) {}

  absl::StatusOr<ReportData> Gather() && {
    ReadRun();
    ReadConfiguration();
    ReadMetrics();
    ReadEvaluations();
    if (!found_) {
      return absl::NotFoundError(
          absl::StrCat(run_dir_,
                       " is not a run's directory: it has no run.json, "
                       "config.textproto, metrics.csv or audit.json"));
    }
    ReadCheckpoints();
    ReadLog();
    NoteBest();
    if (files_.Exists(Path("machine.json"))) {
      Take(ReadMachine(files_, Path("machine.json")), &data_.machine);
    }
    if (last_record_.has_value()) data_.last_record = TimeText(*last_record_);
    return std::move(data_);
  }

 private:
  std::string Path(absl::string_view name) const {
    return JoinPath(run_dir_, name);
  }

  // The value, or a line among the problems.
  template <typename T>
  bool Take(absl::StatusOr<T> result, T* value) {
    if (result.ok()) {
      *value = *std::move(result);
      return true;
    }
    data_.problems.emplace_back(result.status().message());
    return false;
  }

  // The text of a file that may be missing.
  std::optional<std::string> Text(absl::string_view name) {
    if (!files_.Exists(Path(name))) return std::nullopt;
    found_ = true;
    std::string text;
    if (!Take(files_.Read(Path(name)), &text)) return std::nullopt;
    return text;
  }

  // FileSystem knows no times; without one the page has no line about it.
  void NoteTime(absl::string_view name) {
    struct stat status;
    if (::stat(Path(name).c_str(), &status) != 0) return;
    const absl::Time time = absl::TimeFromTimespec(status.st_mtim);
    last_record_ = std::max(last_record_.value_or(time), time);
  }

  void ReadRun() {
    const auto text = Text("run.json");
    if (!text.has_value()) return;
    const Json json = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) {
      data_.problems.push_back(
          absl::StrCat(Path("run.json"), " is not a JSON object"));
      return;
    }
    try {
      data_.run_id = json.value("run_id", "");
      data_.starts = json.value("incarnation", uint64_t{0});
      config_text_ = json.value("config", "");
      absl::Time created;
      if (absl::ParseTime(absl::RFC3339_sec, json.value("created", ""),
                          &created, nullptr)) {
        data_.created = TimeText(created);
      }
    } catch (const Json::exception& error) {
      data_.problems.push_back(
          absl::StrCat(Path("run.json"), ": ", error.what()));
    }
  }

  // run.json's copy is the run's; the file is there for people.
  void ReadConfiguration() {
    std::string source = Path("run.json (config)");
    if (config_text_.empty()) {
      config_text_ = Text("config.textproto").value_or("");
      source = Path("config.textproto");
    }
    if (config_text_.empty()) return;
    // As stored: this program may know fields that the run's did not.
    data_.config_text = config_text_;
    data_.config_hash = HexHash(Fnv1a64(config_text_));
    v1::RunConfig config;
    if (!Take(ParseConfig(config_text_, source), &config)) return;
    Describe(config);
  }

  void Describe(const v1::RunConfig& config) {
    const v1::EnvironmentConfig& environment = config.environment();
    data_.environment = EnvironmentId(environment);
    data_.seed = config.seed();
    data_.total_steps = static_cast<uint64_t>(config.total_steps());
    data_.panel = config.evaluation().panel();
    data_.entropy_in_environment_units =
        config.sac().entropy_space() == v1::EntropySpace::env;
    v1::RunConfig defaults;
    // Which environment it is has no default.
    v1::EnvironmentConfig* const same = defaults.mutable_environment();
    if (environment.has_name()) same->set_name(environment.name());
    if (environment.has_plugin()) same->set_plugin(environment.plugin());
    if (environment.has_gymnasium()) {
      same->set_gymnasium(environment.gymnasium());
    }
    data_.differences = CompareConfigs(defaults, config);
  }

  void ReadMetrics() {
    const auto text = Text("metrics.csv");
    if (!text.has_value()) return;
    NoteTime("metrics.csv");
    Take(ParseMetrics(*text, Path("metrics.csv")), &data_.metrics);
  }

  void ReadEvaluations() {
    const auto text = Text("audit.json");
    if (!text.has_value()) return;
    NoteTime("audit.json");
    Take(ParseAuditJson(*text, Path("audit.json")), &data_.audit);
  }

  void ReadCheckpoints() {
    const auto store = CheckpointStore::Open(files_, Path("checkpoints"));
    if (!store.ok()) return;
    const auto steps = store->Steps();
    if (steps.ok() && !steps->empty()) data_.checkpointed_step = steps->back();
  }

  // Whether the newest event that ended the run is about what is there now; a
  // run may have gone on after it.
  void ReadLog() {
    const auto text = files_.Read(Path("log.jsonl"));
    if (!text.ok()) return;
    for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
      const Json event = Json::parse(line, nullptr, /*allow_exceptions=*/false);
      if (event.is_object() && Field(event, "event") == "finish") {
        ReadFinish(event);
      }
    }
    const ReportHeadline headline = Headline(data_);
    if (finished_step_ == headline.steps) return;
    data_.finished = false;
    data_.stopped_by.clear();
    data_.wall_seconds = 0;
  }

  void ReadFinish(const Json& event) {
    const Json step = Field(event, "step");
    const Json reason = Field(event, "stopped_by");
    const Json seconds = Field(event, "wall_seconds");
    finished_step_ = step.is_number_unsigned() ? step.get<uint64_t>() : 0;
    data_.finished = true;
    data_.stopped_by = reason.is_string() ? reason.get<std::string>() : "";
    data_.wall_seconds = seconds.is_number() ? seconds.get<double>() : 0;
  }

  static Json Field(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() ? Json() : *found;
  }

  void NoteBest() {
    const AuditRecord* best = BestRecord(data_.audit);
    if (best == nullptr || !files_.Exists(Path("policy_best"))) return;
    data_.best_step = best->step;
  }

  FileSystem& files_;
  const std::string run_dir_;
  ReportData data_;
  uint64_t finished_step_ = 0;
  std::string config_text_;
  std::optional<absl::Time> last_record_;
  bool found_ = false;
};

}  // namespace

absl::StatusOr<ReportData> GatherReport(FileSystem& files,
                                        const std::string& run_dir) {
  return Gathering(files, run_dir).Gather();
}

absl::Status WriteReport(FileSystem& files, const std::string& run_dir,
                         const std::string& path) {
  SF_ASSIGN_OR_RETURN(const ReportData data, GatherReport(files, run_dir));
  return WriteFileAtomically(files, path, RenderReport(data));
}

}  // namespace softfleet
