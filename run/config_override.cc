// SPDX-License-Identifier: Apache-2.0
// ApplyOverride: "key=value" on the command line.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/status.h"
#include "core/suggest.h"
#include "run/config.h"
#include "run/config_schema.h"

namespace softfleet {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The groups to go through and, last, the field.
using FieldChain = std::vector<const FieldDescriptor*>;

std::string WhatAGroupTakes(const FieldDescriptor& field) {
  const std::string& first = field.message_type()->field(0)->name();
  return field.is_repeated()
             ? absl::StrCat("groups, e.g. '{", first, ": ...}'")
             : absl::StrCat("a group: set one of its fields, e.g. ",
                            field.name(), ".", first, "=...");
}

// "a whole number", "a list of whole numbers, e.g. 64,64".
std::string WhatItTakes(const FieldDescriptor& field) {
  const bool list = field.is_repeated();
  const std::string type = absl::StrCat(" (", field.type_name(), ")");
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return WhatAGroupTakes(field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return absl::StrCat("one of ", EnumNames(*field.enum_type()));
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_STRING:
      return "a text";
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return absl::StrCat(list ? "numbers, e.g. -1.5,2" : "a number", type);
    default:
      return absl::StrCat(list ? "whole numbers, e.g. 64,64" : "a whole number",
                          type);
  }
}

// The nearest key beside the unknown one, or a field of that name elsewhere.
std::string Hint(const std::string& unknown, const Descriptor& message,
                 absl::string_view group) {
  const std::string hint = DidYouMean(unknown, FieldPaths(message, group));
  if (!hint.empty()) return hint;
  for (const ConfigField& field : ConfigFields()) {
    if (absl::EndsWith(field.path, absl::StrCat(".", unknown))) {
      return absl::StrCat("; did you mean \"", field.path, "\"?");
    }
  }
  return "";
}

absl::Status UnknownKey(const std::string& key, const std::string& unknown,
                        const Descriptor& message, absl::string_view group) {
  return absl::InvalidArgumentError(
      absl::StrCat("unknown key \"", unknown, "\"",
                   key == unknown ? "" : absl::StrCat(" (in \"", key, "\")"),
                   Hint(unknown, message, group)));
}

absl::StatusOr<FieldChain> Resolve(const std::string& key) {
  FieldChain chain;
  const Descriptor* message = v1::RunConfig::descriptor();
  std::string group;
  for (const absl::string_view name : absl::StrSplit(key, '.')) {
    if (message == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown key \"", key, "\": ", group, " takes ",
                       WhatItTakes(*chain.back()),
                       IsGroupList(*chain.back()) ? "" : " and has no fields"));
    }
    const FieldDescriptor* field = message->FindFieldByName(std::string(name));
    const std::string path = JoinKey(group, name);
    if (field == nullptr) return UnknownKey(key, path, *message, group);
    chain.push_back(field);
    group = path;
    // Nothing to go on into but a group.
    message = IsGroupList(*field) ? nullptr : field->message_type();
  }
  return chain;
}

// Clears without creating the groups on the way. A choice that thereby loses
// its value goes with it, for an empty one would mean "none".
void Clear(const FieldChain& chain, size_t depth, Message* message) {
  const Reflection& reflection = *message->GetReflection();
  const FieldDescriptor* field = chain[depth];
  if (depth + 1 == chain.size()) return reflection.ClearField(message, field);
  if (!reflection.HasField(*message, field)) return;
  Message* group = reflection.MutableMessage(message, field);
  Clear(chain, depth + 1, group);
  if (!IsSection(*field) && group->ByteSizeLong() == 0) {
    reflection.ClearField(message, field);
  }
}

// "{name: 'a' number: 1}, {name: 'b' flag: true}", in brackets or not.
absl::Status SetGroups(const std::string& key, absl::string_view value,
                       const FieldDescriptor& field, Message* message) {
  const bool brackets =
      absl::StartsWith(value, "[") && absl::EndsWith(value, "]");
  const auto parsed = std::unique_ptr<Message>(message->New());
  const absl::Status status =
      ParseText(absl::StrCat(field.name(), ": ", brackets ? "" : "[", value,
                             brackets ? "" : "]"),
                "", parsed.get());
  FieldChain set;
  parsed->GetReflection()->ListFields(*parsed, &set);
  if (!status.ok() || set != FieldChain{&field}) {
    return absl::InvalidArgumentError(
        absl::StrCat(key, " takes ", WhatItTakes(field), ", not \"", value,
                     "\"", status.ok() ? "" : ": ", status.message()));
  }
  message->GetReflection()->SwapFields(message, parsed.get(), set);
  return absl::OkStatus();
}

absl::Status Set(const std::string& key, absl::string_view value,
                 const FieldChain& chain, Message* message) {
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    message = message->GetReflection()->MutableMessage(message, chain[i]);
  }
  if (IsGroupList(*chain.back())) {
    return SetGroups(key, value, *chain.back(), message);
  }
  if (SetFromText(value, *chain.back(), message)) return absl::OkStatus();
  const std::string takes = WhatItTakes(*chain.back());
  if (IsGroup(*chain.back())) {
    return absl::InvalidArgumentError(absl::StrCat(key, " is ", takes));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(key, " takes ", takes, ", not \"", value, "\""));
}

}  // namespace

absl::Status ApplyOverride(absl::string_view assignment,
                           v1::RunConfig* config) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(assignment, absl::MaxSplits('=', 1));
  const std::string key(absl::StripAsciiWhitespace(parts.first));
  const absl::string_view value = absl::StripAsciiWhitespace(parts.second);
  if (key.empty() || !absl::StrContains(assignment, '=')) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", assignment,
                     "\" sets nothing: write key=value, e.g. sac.gamma=0.98"));
  }
  SF_ASSIGN_OR_RETURN(const FieldChain chain, Resolve(key));
  v1::RunConfig changed = *config;
  if (value.empty()) {
    Clear(chain, 0, &changed);
  } else {
    SF_RETURN_IF_ERROR(Set(key, value, chain, &changed));
  }
  *config = std::move(changed);
  return absl::OkStatus();
}

}  // namespace softfleet
