// SPDX-License-Identifier: Apache-2.0
#include "evaluation/panel.h"

#include <cmath>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "core/hash.h"
#include "core/philox.h"
#include "core/status.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "run/panel_path.h"
#include "run/records.h"

namespace softfleet {
namespace {

using google::protobuf::TextFormat;

constexpr size_t kHashDigits = 16;

// -0 equals 0, so both have one text.
std::string ExactText(double value) { return ShortestNumber(value + 0.0); }

std::string CriterionText(const std::optional<SuccessCriterion>& success) {
  if (!success.has_value()) return "none";
  switch (success->kind) {
    case SuccessCriterion::Kind::kEnvironmentFlag:
      return "environment_flag";
    case SuccessCriterion::Kind::kReturnAtLeast:
      return absl::StrCat("return_at_least ", ExactText(success->value));
    case SuccessCriterion::Kind::kWithinOfReference:
      return absl::StrCat("within_of_reference ", ExactText(success->value));
  }
  return "unknown";
}

std::string StartText(const PanelStart& start) {
  std::string text = "start";
  if (start.state.empty()) {
    absl::StrAppend(&text, " seed ", start.seed);
  } else {
    absl::StrAppend(&text, " state");
    for (const double x : start.state)
      absl::StrAppend(&text, " ", ExactText(x));
  }
  if (start.reference_return.has_value()) {
    absl::StrAppend(&text, " reference ", ExactText(*start.reference_return));
  }
  return text;
}

absl::Status CheckCriterion(const SuccessCriterion& success) {
  if (!std::isfinite(success.value)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the success criterion's number is ", success.value));
  }
  if (success.kind == SuccessCriterion::Kind::kWithinOfReference &&
      success.value < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "within_of_reference is ", success.value, ", must not be negative"));
  }
  return absl::OkStatus();
}

absl::Status CheckStart(const PanelStart& start,
                        const std::optional<SuccessCriterion>& success) {
  for (size_t i = 0; i < start.state.size(); ++i) {
    if (std::isfinite(start.state[i])) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("state[", i, "] is ", start.state[i]));
  }
  if (start.reference_return.has_value() &&
      !std::isfinite(*start.reference_return)) {
    return absl::InvalidArgumentError(
        absl::StrCat("reference_return is ", *start.reference_return));
  }
  if (success.has_value() &&
      success->kind == SuccessCriterion::Kind::kWithinOfReference &&
      !start.reference_return.has_value()) {
    return absl::InvalidArgumentError(
        "no reference_return, which the criterion within_of_reference needs");
  }
  return absl::OkStatus();
}

// The first error of a text, with its place.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  FirstError(absl::string_view text, absl::string_view source)
      : text_(text), source_(source) {}

  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (!error_.empty()) return;
    const Place place = PlaceOf({line, column}, message);
    error_ = absl::StrCat(source_, ":", place.line + 1, ":", place.column + 1,
                          ": ", message);
  }
  const std::string& error() const { return error_; }

 private:
  using Place = TextFormat::ParseLocation;

  // Of an unknown key the parser says where it ends; people look for its
  // beginning.
  Place PlaceOf(Place end, const std::string& message) const {
    const std::vector<absl::string_view> parts = absl::StrSplit(message, '"');
    if (parts.size() != 5 ||
        !absl::StrContains(message, "has no field named")) {
      return end;
    }
    const std::vector<absl::string_view> lines = absl::StrSplit(text_, '\n');
    for (int line = end.line; line >= 0; --line) {
      const size_t from = line == end.line ? static_cast<size_t>(end.column)
                                           : absl::string_view::npos;
      const size_t column =
          lines[static_cast<size_t>(line)].rfind(parts[3], from);
      if (column != absl::string_view::npos) {
        return {line, static_cast<int>(column)};
      }
    }
    return end;
  }

  absl::string_view text_;
  absl::string_view source_;
  std::string error_;
};

// A parsed panel message that knows where each field stood in the text.
class LocatedPanel {
 public:
  static absl::StatusOr<LocatedPanel> Parse(absl::string_view text,
                                            absl::string_view source) {
    LocatedPanel panel(source);
    FirstError error(text, source);
    TextFormat::Parser parser;
    parser.RecordErrorsTo(&error);
    parser.WriteLocationsTo(panel.places_.get());
    if (!parser.ParseFromString(std::string(text), &panel.message_)) {
      return absl::InvalidArgumentError(error.error());
    }
    return panel;
  }

  const v1::Panel& message() const { return message_; }

  // `status` with the place of a field of Panel before it; `index` -1 where
  // the field is not repeated. A field that is absent has no line.
  absl::Status At(const std::string& field, int index,
                  const absl::Status& status) const {
    const auto place = places_->GetLocation(
        v1::Panel::descriptor()->FindFieldByName(field), index);
    if (place.line < 0) return Annotate(status, source_);
    return Annotate(status, absl::StrCat(source_, ":", place.line + 1, ":",
                                         place.column + 1));
  }

 private:
  explicit LocatedPanel(absl::string_view source) : source_(source) {}

  std::string source_;
  v1::Panel message_;
  std::unique_ptr<TextFormat::ParseInfoTree> places_ =
      std::make_unique<TextFormat::ParseInfoTree>();
};

absl::StatusOr<uint64_t> ParseHash(const std::string& text) {
  uint64_t hash = 0;
  if (text.size() != kHashDigits || !absl::SimpleHexAtoi(text, &hash)) {
    return absl::InvalidArgumentError(
        absl::StrCat("environment_hash is \"", text, "\", not ", kHashDigits,
                     " hexadecimal digits"));
  }
  return hash;
}

absl::StatusOr<PanelStart> ParseStart(
    const v1::PanelStart& message,
    const std::optional<SuccessCriterion>& success) {
  if ((message.state_size() > 0) == message.has_seed()) {
    return absl::InvalidArgumentError(message.has_seed()
                                          ? "has a state and a seed; give one"
                                          : "has neither a state nor a seed");
  }
  PanelStart start;
  start.state.assign(message.state().begin(), message.state().end());
  start.seed = message.seed();
  if (message.has_reference_return()) {
    start.reference_return = message.reference_return();
  }
  SF_RETURN_IF_ERROR(CheckStart(start, success));
  return start;
}

absl::Status ParseStarts(const LocatedPanel& located, Panel* panel) {
  const v1::Panel& message = located.message();
  for (int i = 0; i < message.starts_size(); ++i) {
    auto start = ParseStart(message.starts(i), panel->success);
    if (!start.ok()) {
      return located.At("starts", i,
                        Annotate(start.status(), absl::StrCat("start ", i)));
    }
    panel->starts.push_back(*std::move(start));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<SuccessCriterion>> ParseSuccessCriterion(
    const v1::SuccessCriterion& criterion) {
  using Kind = SuccessCriterion::Kind;
  SuccessCriterion success;
  switch (criterion.criterion_case()) {
    case v1::SuccessCriterion::CRITERION_NOT_SET:
      return std::nullopt;
    case v1::SuccessCriterion::kEnvironmentFlag:
      if (!criterion.environment_flag()) {
        return absl::InvalidArgumentError(
            "environment_flag is false; for no criterion leave success unset");
      }
      success = {Kind::kEnvironmentFlag, 0};
      break;
    case v1::SuccessCriterion::kReturnAtLeast:
      success = {Kind::kReturnAtLeast, criterion.return_at_least()};
      break;
    case v1::SuccessCriterion::kWithinOfReference:
      success = {Kind::kWithinOfReference, criterion.within_of_reference()};
      break;
  }
  SF_RETURN_IF_ERROR(CheckCriterion(success));
  return success;
}

absl::StatusOr<Panel> ParsePanel(absl::string_view text,
                                 absl::string_view source,
                                 const EnvironmentOptions& environment) {
  SF_ASSIGN_OR_RETURN(const LocatedPanel located,
                      LocatedPanel::Parse(text, source));
  Panel panel;
  panel.environment = located.message().environment();
  auto hash = ParseHash(located.message().environment_hash());
  if (!hash.ok()) return located.At("environment_hash", -1, hash.status());
  panel.environment_hash = *hash;
  SF_RETURN_IF_ERROR(
      located.At("environment", -1, CheckPanelEnvironment(panel, environment)));
  auto success = ParseSuccessCriterion(located.message().success());
  if (!success.ok()) return located.At("success", -1, success.status());
  panel.success = *success;
  SF_RETURN_IF_ERROR(ParseStarts(located, &panel));
  SF_RETURN_IF_ERROR(Annotate(CheckPanel(panel), source));
  SeedNoise(&panel);
  return panel;
}

absl::StatusOr<PanelFile> ReadPanelFile(FileSystem& files,
                                        const std::string& panel) {
  PanelFile file;
  file.path = PanelFileName(files, panel);
  absl::StatusOr<std::string> text = files.Read(file.path);
  if (absl::IsNotFound(text.status())) {
    return absl::NotFoundError(absl::StrCat(
        "evaluation.panel is \"", panel, "\": there is no ",
        std::filesystem::absolute(panel).string(),
        ", nor is it beside the configuration's file or above; give the path "
        "of a panel, or leave it out for evaluation.episodes random starts"));
  }
  if (!text.ok()) return Annotate(text.status(), "evaluation.panel");
  file.text = *std::move(text);
  return file;
}

absl::StatusOr<Panel> LoadPanel(FileSystem& files, const std::string& panel,
                                const EnvironmentOptions& environment) {
  SF_ASSIGN_OR_RETURN(const PanelFile file, ReadPanelFile(files, panel));
  return ParsePanel(file.text, file.path, environment);
}

Panel RandomStarts(const EnvironmentOptions& environment, int episodes,
                   uint64_t seed) {
  Panel panel;
  panel.environment = EnvironmentId(environment);
  panel.environment_hash = EnvironmentHash(environment);
  panel.starts.resize(static_cast<size_t>(episodes));
  uint32_t i = 0;
  for (PanelStart& start : panel.starts) {
    start.seed = Philox(seed, Purpose::kEvaluationReset, i++).NextU64();
  }
  SeedNoise(&panel);
  return panel;
}

Panel WithSuccess(Panel panel, std::optional<SuccessCriterion> success) {
  panel.success = success;
  SeedNoise(&panel);
  return panel;
}

Panel WithEnvironment(Panel panel, const EnvironmentOptions& environment) {
  panel.environment_hash = EnvironmentHash(environment);
  return panel;
}

uint64_t PanelHash(const Panel& panel) {
  std::string text =
      absl::StrCat("panel\nenvironment ", HexHash(panel.environment_hash),
                   "\nsuccess ", CriterionText(panel.success), "\n");
  for (const PanelStart& start : panel.starts) {
    absl::StrAppend(&text, StartText(start), "\n");
  }
  return Fnv1a64(text);
}

void SeedNoise(Panel* panel) {
  const uint64_t hash = PanelHash(*panel);
  uint32_t i = 0;
  for (PanelStart& start : panel->starts) {
    start.noise_seed = Philox(hash, Purpose::kPanelNoiseSeed, i++).NextU64();
  }
}

absl::Status CheckPanel(const Panel& panel) {
  if (panel.starts.empty()) {
    return absl::InvalidArgumentError("the panel has no starts");
  }
  if (panel.success.has_value()) {
    SF_RETURN_IF_ERROR(CheckCriterion(*panel.success));
  }
  for (size_t i = 0; i < panel.starts.size(); ++i) {
    SF_RETURN_IF_ERROR(Annotate(CheckStart(panel.starts[i], panel.success),
                                absl::StrCat("start ", i)));
  }
  return absl::OkStatus();
}

absl::Status CheckPanelEnvironment(const Panel& panel,
                                   const EnvironmentOptions& environment) {
  const uint64_t hash = EnvironmentHash(environment);
  if (panel.environment == EnvironmentId(environment) &&
      panel.environment_hash == hash) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "the panel is for environment \"", panel.environment, "\" (hash ",
      HexHash(panel.environment_hash), "), not for ",
      DescribeEnvironment(environment), " (hash ", HexHash(hash), ")"));
}

}  // namespace softfleet
