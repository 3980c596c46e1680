// SPDX-License-Identifier: Apache-2.0
#include "run/config_schema.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <array>
#include <charconv>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::TextFormat;

class IgnoreErrors : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, int, const std::string&) override {}
};

void Flatten(const Descriptor& message, const std::string& group,
             bool may_change, std::vector<ConfigField>* fields) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    const std::string path = JoinKey(group, field->name());
    const bool changes =
        may_change || field->options().GetExtension(v1::may_change);
    fields->push_back({path, field, changes});
    if (!IsGroup(*field)) continue;
    Flatten(*field->message_type(),
            absl::StrCat(path, IsGroupList(*field) ? "[]" : ""), changes,
            fields);
  }
}

// Short, and as the schema writes it: "1e15", not "1e+15".
std::string BoundText(double bound) {
  std::array<char, 32> text;  // the longest double takes 24
  const auto end = std::to_chars(text.begin(), text.end(), bound);
  return absl::StrReplaceAll(
      absl::string_view(text.data(), end.ptr - text.data()),
      {{"e+0", "e"}, {"e+", "e"}, {"e-0", "e-"}});
}

// Clears the fields that have their defaults.
void ClearDefaults(Message* message) {
  const Descriptor& descriptor = *message->GetDescriptor();
  const auto standard = std::unique_ptr<Message>(message->New());
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (!field.has_default_value()) continue;
    if (ValueText(*message, field) != ValueText(*standard, field)) continue;
    message->GetReflection()->ClearField(message, &field);
  }
}

std::string GroupText(const Message& group) {
  const auto differing = std::unique_ptr<Message>(group.New());
  differing->CopyFrom(group);
  ClearDefaults(differing.get());
  TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  printer.SetUseShortRepeatedPrimitives(true);
  std::string text;
  printer.PrintToString(*differing, &text);
  return absl::StrCat("{ ", text, "}");
}

// `index` is -1 where the field is no list.
std::string OneValueText(const Message& message, const FieldDescriptor& field,
                         int index) {
  const Reflection& reflection = *message.GetReflection();
  if (IsGroup(field)) {
    return GroupText(
        index < 0 ? reflection.GetMessage(message, &field)
                  : reflection.GetRepeatedMessage(message, &field, index));
  }
  TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  printer.PrintFieldValueToString(message, &field, index, &text);
  return text;
}

// Sets, or adds to a list, one value.
bool SetOneFromText(absl::string_view text, const FieldDescriptor& field,
                    Message* message) {
  const bool quote = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  IgnoreErrors errors;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  return parser.ParseFieldValueFromString(
      quote ? absl::StrCat("\"", absl::CEscape(text), "\"") : std::string(text),
      &field, message);
}

}  // namespace

const std::vector<ConfigField>& ConfigFields() {
  static const auto* const fields = [] {
    auto* all = new std::vector<ConfigField>;
    Flatten(*v1::RunConfig::descriptor(), "", false, all);
    return all;
  }();
  return *fields;
}

std::string JoinKey(absl::string_view group, absl::string_view name) {
  return absl::StrCat(group, group.empty() ? "" : ".", name);
}

std::vector<std::string> FieldPaths(const Descriptor& message,
                                    absl::string_view group) {
  std::vector<std::string> paths;
  for (int i = 0; i < message.field_count(); ++i) {
    paths.push_back(JoinKey(group, message.field(i)->name()));
  }
  return paths;
}

bool IsGroup(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

bool IsGroupList(const FieldDescriptor& field) {
  return IsGroup(field) && field.is_repeated();
}

bool IsSection(const FieldDescriptor& field) {
  if (!IsGroup(field) || field.is_repeated()) return false;
  const Descriptor& group = *field.message_type();
  for (int i = 0; i < group.field_count(); ++i) {
    if (group.field(i)->containing_oneof() == nullptr) return true;
  }
  return false;
}

bool IsSet(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  return field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                             : reflection.HasField(message, &field);
}

std::string ValueText(const Message& message, const FieldDescriptor& field) {
  if (!field.is_repeated()) return OneValueText(message, field, -1);
  std::vector<std::string> values;
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) {
    values.push_back(OneValueText(message, field, i));
  }
  return absl::StrCat("[", absl::StrJoin(values, ", "), "]");
}

std::string EnumNames(const EnumDescriptor& values) {
  std::vector<std::string> names;
  for (int i = 0; i < values.value_count(); ++i) {
    names.push_back(values.value(i)->name());
  }
  return absl::StrJoin(names, ", ");
}

std::string RangeText(const v1::Range& range) {
  const bool both = range.has_min() && range.has_max();
  if (both && !range.min_exclusive() && !range.max_exclusive()) {
    return absl::StrCat(BoundText(range.min()), " to ", BoundText(range.max()));
  }
  std::string text;
  if (range.has_min()) {
    absl::StrAppend(&text, range.min_exclusive() ? "above " : "at least ",
                    BoundText(range.min()));
  }
  if (range.has_max()) {
    absl::StrAppend(&text, both ? " and " : "",
                    range.max_exclusive() ? "below " : "at most ",
                    BoundText(range.max()));
  }
  return text;
}

// Setting an unset scalar to what its getter returns makes the default
// explicit; text does it for every type at once.
void FillDefaults(Message* message) {
  const Descriptor& descriptor = *message->GetDescriptor();
  const Reflection& reflection = *message->GetReflection();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (IsGroupList(field)) {
      for (int e = 0; e < reflection.FieldSize(*message, &field); ++e) {
        FillDefaults(reflection.MutableRepeatedMessage(message, &field, e));
      }
    } else if (IsSection(field)) {
      FillDefaults(reflection.MutableMessage(message, &field));
    } else if (IsSet(*message, field)) {
      continue;
    } else if (field.has_default_value()) {
      SetFromText(ValueText(*message, field), field, message);
    } else if (field.options().HasExtension(v1::list_default)) {
      SetFromText(field.options().GetExtension(v1::list_default), field,
                  message);
    }
  }
}

bool SetFromText(absl::string_view text, const FieldDescriptor& field,
                 Message* message) {
  message->GetReflection()->ClearField(message, &field);
  if (!field.is_repeated()) return SetOneFromText(text, field, message);
  if (absl::StartsWith(text, "[") && absl::EndsWith(text, "]")) {
    text = text.substr(1, text.size() - 2);
  }
  for (const absl::string_view value : absl::StrSplit(text, ',')) {
    if (!SetOneFromText(absl::StripAsciiWhitespace(value), field, message)) {
      return false;
    }
  }
  return true;
}

void VisitSetFields(const Message& message, const std::string& group,
                    const FieldVisitor& visit) {
  const Descriptor& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (!IsSet(message, field)) continue;
    const std::string path = JoinKey(group, field.name());
    const Reflection& reflection = *message.GetReflection();
    if (!IsGroup(field)) {
      visit(path, message, field);
      continue;
    }
    if (field.is_repeated()) {
      visit(path, message, field);
      for (int e = 0; e < reflection.FieldSize(message, &field); ++e) {
        VisitSetFields(reflection.GetRepeatedMessage(message, &field, e),
                       absl::StrCat(path, "[", e, "]"), visit);
      }
      continue;
    }
    const Message& group = reflection.GetMessage(message, &field);
    if (!IsSection(field) && group.ByteSizeLong() == 0) {
      visit(path, message, field);
    }
    VisitSetFields(group, path, visit);
  }
}

}  // namespace softfleet
