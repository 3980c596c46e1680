// SPDX-License-Identifier: Apache-2.0
#include "run/audit_record.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "core/status.h"
#include "nlohmann/json.hpp"
#include "run/records.h"

namespace softfleet {
namespace {

using Json = nlohmann::ordered_json;

constexpr absl::string_view kComponentPrefix = "reward_";
constexpr absl::string_view kComponentSuffix = "_mean";

template <typename Returns, typename Visitor>
void VisitReturns(Returns& returns, const std::string& mode, Visitor&& visit) {
  visit(mode + "_return_mean", returns.return_mean);
  visit(mode + "_return_std", returns.return_std);
  visit(mode + "_eval_success", returns.eval_success);
  visit(mode + "_regret_mean", returns.regret_mean);
}

// The one list of keys, in the promised order; `Record` is AuditRecord, const
// or not. The reward components, whose keys are data, follow after it.
template <typename Record, typename Visitor>
void VisitFields(Record& record, Visitor&& visit) {
  visit("run_id", record.run_id);
  visit("step", record.step);
  visit("updates", record.updates);
  visit("panel_hash", record.panel_hash);
  visit("config_hash", record.config_hash);
  visit("panel_starts", record.panel_starts);
  visit("reward_scale", record.reward_scale);
  visit("alpha", record.alpha);
  visit("target_entropy", record.target_entropy);
  visit("entropy", record.entropy);
  visit("action_mean", record.action_mean);
  visit("action_std", record.action_std);
  visit("clipped_fraction", record.clipped_fraction);
  visit("saturated_fraction", record.saturated_fraction);
  VisitReturns(record.deterministic, "deterministic", visit);
  VisitReturns(record.stochastic, "stochastic", visit);
  visit("version", record.version);
}

std::string ComponentKey(absl::string_view name) {
  return absl::StrCat(kComponentPrefix, name, kComponentSuffix);
}

// Writes one record's fields into an object.
class JsonWriter {
 public:
  explicit JsonWriter(Json* row) : row_(row) {}
  template <typename T>
  void operator()(const std::string& key, const T& value) {
    (*row_)[key] = ToJson(value);
  }

 private:
  static Json ToJson(const std::string& value) { return value; }
  static Json ToJson(uint64_t value) { return value; }
  static Json ToJson(double value) {
    return std::isfinite(value) ? Json(value) : Json(nullptr);
  }
  static Json ToJson(const std::optional<double>& value) {
    return value.has_value() ? ToJson(*value) : Json(nullptr);
  }
  static Json ToJson(const std::vector<double>& values) {
    Json array = Json::array();
    for (const double value : values) array.push_back(ToJson(value));
    return array;
  }

  Json* row_;
};

// Reads one record's fields from an object and keeps the first error.
class JsonReader {
 public:
  explicit JsonReader(const Json& row) : row_(row) {}

  template <typename T>
  void operator()(const std::string& key, T& value) {
    known_.insert(key);
    const auto found = row_.find(key);
    if (found == row_.end()) return Fail(key, "is missing");
    if (!FromJson(*found, value)) {
      Fail(key, absl::StrCat("is ", found->dump(), ", of a wrong type"));
    }
  }

  // What is left must be reward components.
  void ReadComponents(AuditRecord* record) {
    for (const auto& [key, value] : row_.items()) {
      if (known_.contains(key)) continue;
      const size_t affixes = kComponentPrefix.size() + kComponentSuffix.size();
      if (key.size() <= affixes || !absl::StartsWith(key, kComponentPrefix) ||
          !absl::EndsWith(key, kComponentSuffix)) {
        return Fail(key, "is unknown");
      }
      double mean = 0;
      (*this)(key, mean);
      record->reward_components.emplace_back(
          key.substr(kComponentPrefix.size(), key.size() - affixes), mean);
    }
  }

  const absl::Status& status() const { return status_; }

 private:
  static bool FromJson(const Json& json, std::string& value) {
    if (!json.is_string()) return false;
    value = json.get<std::string>();
    return true;
  }
  static bool FromJson(const Json& json, uint64_t& value) {
    if (!json.is_number_unsigned()) return false;
    value = json.get<uint64_t>();
    return true;
  }
  static bool FromJson(const Json& json, double& value) {
    if (!json.is_number() && !json.is_null()) return false;
    value = json.is_null() ? std::numeric_limits<double>::quiet_NaN()
                           : json.get<double>();
    return true;
  }
  static bool FromJson(const Json& json, std::optional<double>& value) {
    if (json.is_null()) return true;
    return FromJson(json, value.emplace());
  }
  static bool FromJson(const Json& json, std::vector<double>& values) {
    if (!json.is_array()) return false;
    values.resize(json.size());
    for (size_t i = 0; i < values.size(); ++i) {
      if (!FromJson(json[i], values[i])) return false;
    }
    return true;
  }

  void Fail(absl::string_view key, absl::string_view what) {
    if (!status_.ok()) return;
    status_ = absl::DataLossError(absl::StrCat("key \"", key, "\" ", what));
  }

  const Json& row_;
  std::set<std::string> known_;
  absl::Status status_;
};

absl::StatusOr<AuditRecord> ParseRow(const Json& row) {
  if (!row.is_object()) return absl::DataLossError("not an object");
  AuditRecord record;
  JsonReader reader(row);
  VisitFields(record, reader);
  reader.ReadComponents(&record);
  if (!reader.status().ok()) return reader.status();
  return record;
}

using Cells = std::vector<std::pair<std::string, std::string>>;

// Writes one record's fields as named cells.
class CsvWriter {
 public:
  explicit CsvWriter(Cells* cells) : cells_(cells) {}

  void operator()(const std::string& key, const std::string& text) {
    cells_->emplace_back(key, Quoted(text));
  }
  void operator()(const std::string& key, uint64_t value) {
    cells_->emplace_back(key, absl::StrCat(value));
  }
  void operator()(const std::string& key, double value) {
    cells_->emplace_back(key,
                         std::isfinite(value) ? ShortestNumber(value) : "");
  }
  void operator()(const std::string& key, const std::optional<double>& value) {
    (*this)(key, value.value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  void operator()(const std::string& key, const std::vector<double>& values) {
    for (size_t i = 0; i < values.size(); ++i) {
      (*this)(absl::StrCat(key, "_", i), values[i]);
    }
  }

  // RFC 4180: only where it must be.
  static std::string Quoted(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}),
                        "\"");
  }

 private:
  Cells* cells_;
};

Cells CellsOf(const AuditRecord& record) {
  Cells cells;
  CsvWriter writer(&cells);
  VisitFields(record, writer);
  for (const auto& [name, mean] : record.reward_components) {
    writer(ComponentKey(name), mean);
  }
  return cells;
}

// The first row's columns, and what later rows have beyond them.
std::vector<std::string> Columns(const std::vector<Cells>& rows) {
  std::vector<std::string> columns;
  for (const Cells& row : rows) {
    for (const auto& [name, cell] : row) {
      if (std::ranges::find(columns, name) == columns.end()) {
        columns.push_back(name);
      }
    }
  }
  return columns;
}

std::string CellOf(const Cells& row, const std::string& column) {
  for (const auto& [name, cell] : row) {
    if (name == column) return cell;
  }
  return "";
}

}  // namespace

std::string FormatAuditJson(const std::vector<AuditRecord>& records) {
  std::vector<std::string> lines;
  for (const AuditRecord& record : records) {
    Json row = Json::object();
    JsonWriter writer(&row);
    VisitFields(record, writer);
    for (const auto& [name, mean] : record.reward_components) {
      writer(ComponentKey(name), mean);
    }
    lines.push_back(row.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  if (lines.empty()) return "[]\n";
  return absl::StrCat("[\n", absl::StrJoin(lines, ",\n"), "\n]\n");
}

absl::StatusOr<std::vector<AuditRecord>> ParseAuditJson(
    absl::string_view text, absl::string_view source) {
  const Json rows = Json::parse(text.begin(), text.end(), nullptr,
                                /*allow_exceptions=*/false);
  if (!rows.is_array()) {
    return absl::DataLossError(absl::StrCat(source, " is not a JSON array (",
                                            text.size(),
                                            " bytes); it is kept as it is"));
  }
  std::vector<AuditRecord> records;
  for (size_t i = 0; i < rows.size(); ++i) {
    auto record = ParseRow(rows[i]);
    if (!record.ok()) {
      return Annotate(record.status(), absl::StrCat(source, ": row ", i));
    }
    records.push_back(*std::move(record));
  }
  return records;
}

std::string FormatAuditCsv(const std::vector<AuditRecord>& records) {
  std::vector<Cells> rows;
  rows.reserve(records.size());
  for (const AuditRecord& record : records) rows.push_back(CellsOf(record));
  const std::vector<std::string> columns =
      Columns(rows.empty() ? std::vector<Cells>{CellsOf({})} : rows);
  const auto quoted = [](std::string* out, const std::string& column) {
    out->append(CsvWriter::Quoted(column));
  };
  std::string text = absl::StrCat(absl::StrJoin(columns, ",", quoted), "\n");
  for (const Cells& row : rows) {
    const auto cell = [&row](std::string* out, const std::string& column) {
      out->append(CellOf(row, column));
    };
    absl::StrAppend(&text, absl::StrJoin(columns, ",", cell), "\n");
  }
  return text;
}

}  // namespace softfleet
