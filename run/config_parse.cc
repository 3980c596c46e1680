// SPDX-License-Identifier: Apache-2.0
// ParseConfig: protobuf's text parser with errors rewritten for people.
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/status.h"
#include "core/suggest.h"
#include "run/config.h"
#include "run/config_schema.h"

namespace softfleet {
namespace {

using google::protobuf::Descriptor;

// Where protobuf's tokenizer places the next tab stop.
constexpr int kTabWidth = 8;

// The offset in `text` of a position as the tokenizer counts it: from 0, tabs
// expanded.
size_t OffsetOf(absl::string_view text, int line, int column) {
  size_t offset = 0;
  for (; line > 0 && offset < text.size(); ++offset) {
    if (text[offset] == '\n') --line;
  }
  for (int at = 0; at < column && offset < text.size(); ++offset) {
    at += text[offset] == '\t' ? kTabWidth - at % kTabWidth : 1;
  }
  return offset;
}

// "3:7", counted from 1 as editors do, a tab being one column.
std::string PositionText(absl::string_view text, size_t offset) {
  const absl::string_view before = text.substr(0, offset);
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return absl::StrCat(std::count(before.begin(), before.end(), '\n') + 1, ":",
                      offset - line_start + 1);
}

// The path of the group that has this message type; "" for the whole.
std::string GroupPath(const std::string& type_name) {
  for (const ConfigField& field : ConfigFields()) {
    if (IsGroup(*field.field) &&
        field.field->message_type()->full_name() == type_name) {
      return field.path;
    }
  }
  return "";
}

const Descriptor& GroupType(const std::string& path) {
  for (const ConfigField& field : ConfigFields()) {
    if (field.path == path) return *field.field->message_type();
  }
  return *v1::RunConfig::descriptor();
}

// Where a key belongs that was written into the wrong group; "" if nowhere.
std::string OtherPlace(const std::string& key) {
  for (const ConfigField& field : ConfigFields()) {
    if (field.field->name() != key) continue;
    if (field.path == key) return "; it belongs outside, at the top level";
    return absl::StrCat("; it belongs into ",
                        absl::StripSuffix(field.path, absl::StrCat(".", key)),
                        " { }");
  }
  return "";
}

std::string UnknownKey(const std::string& type_name, const std::string& key) {
  const std::string group = GroupPath(type_name);
  std::string hint = OtherPlace(key);
  if (hint.empty()) hint = DidYouMean(key, FieldPaths(GroupType(group), ""));
  return absl::StrCat("unknown key \"", key, "\"", group.empty() ? "" : " in ",
                      group, hint);
}

std::string UnknownEnumerator(const std::string& value,
                              const std::string& key) {
  for (const ConfigField& field : ConfigFields()) {
    if (field.field->name() != key) continue;
    const auto* values = field.field->enum_type();
    if (values == nullptr) continue;
    return absl::StrCat("unknown value \"", value, "\" of ", field.path,
                        "; it is one of ", EnumNames(*values));
  }
  return absl::StrCat("unknown value \"", value, "\" of ", key);
}

class Errors : public google::protobuf::io::ErrorCollector {
 public:
  Errors(absl::string_view text, absl::string_view source)
      : text_(text), source_(source) {}

  void AddError(int line, int column, const std::string& message) override {
    const size_t offset =
        line < 0 ? text_.size() : OffsetOf(text_, line, column);
    const std::vector<std::string> parts = absl::StrSplit(message, '"');
    if (absl::StartsWith(message, "Message type \"") && parts.size() == 5) {
      Add(StartOf(parts[3], offset), UnknownKey(parts[1], parts[3]));
    } else if (absl::StartsWith(message, "Unknown enumeration value of") &&
               parts.size() == 5) {
      Add(StartOf(parts[1], offset), UnknownEnumerator(parts[1], parts[3]));
    } else if (absl::StartsWith(message, "Non-repeated field") &&
               parts.size() == 3) {
      Add(StartOf(parts[1], offset),
          absl::StrCat("\"", parts[1], "\" is given twice"));
    } else {
      Add(offset, absl::StrCat(absl::AsciiStrToLower(message.substr(0, 1)),
                               absl::StripSuffix(message.substr(1), "."),
                               absl::EndsWith(message, ": ") ? "the end" : ""));
    }
  }

  // Unknown keys arrive as warnings, because the parser goes on behind them.
  void AddWarning(int line, int column, const std::string& message) override {
    if (absl::StrContains(message, "deprecated")) return;
    AddError(line, column, message);
  }

  bool empty() const { return lines_.empty(); }
  std::string text() const { return absl::StrJoin(lines_, "\n"); }

 private:
  // The parser complains when it stands behind a word; people look for its
  // beginning.
  size_t StartOf(const std::string& word, size_t offset) const {
    const size_t start = text_.rfind(word, offset);
    return start == absl::string_view::npos ? offset : start;
  }

  void Add(size_t offset, const std::string& problem) {
    lines_.push_back(source_.empty() ? problem
                                     : absl::StrCat(source_, ":",
                                                    PositionText(text_, offset),
                                                    ": ", problem));
  }

  const absl::string_view text_;
  const absl::string_view source_;
  std::vector<std::string> lines_;
};

}  // namespace

absl::Status ParseText(absl::string_view text, absl::string_view source,
                       google::protobuf::Message* message) {
  Errors errors(text, source);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.AllowUnknownField(true);  // to hear of all of them; see AddWarning
  const bool parsed = parser.ParseFromString(std::string(text), message);
  if (parsed && errors.empty()) return absl::OkStatus();
  if (errors.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(source, ": not a configuration in text format"));
  }
  return absl::InvalidArgumentError(errors.text());
}

absl::StatusOr<v1::RunConfig> ParseConfig(absl::string_view text,
                                          absl::string_view source) {
  v1::RunConfig config;
  SF_RETURN_IF_ERROR(ParseText(text, source, &config));
  return config;
}

}  // namespace softfleet
