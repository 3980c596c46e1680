// SPDX-License-Identifier: Apache-2.0
// ExplainConfig: the configuration as a file that documents itself, from the
// schema's own comments, which the build embeds (run_descriptors.cc).
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "run/config.h"
#include "run/config_schema.h"

namespace softfleet {

// The FileDescriptorSet of the schema with its comments.
extern const unsigned char kRunDescriptors[];
extern const size_t kRunDescriptorsSize;

namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The schema once more, this time with comments: those that are compiled into
// the program have none.
const DescriptorPool& CommentedSchema() {
  static const DescriptorPool* const pool = [] {
    google::protobuf::FileDescriptorSet files;
    files.ParseFromArray(kRunDescriptors,
                         static_cast<int>(kRunDescriptorsSize));
    auto* built = new DescriptorPool;
    for (const auto& file : files.file()) built->BuildFile(file);
    return built;
  }();
  return *pool;
}

// The lines of the comment above `element`, without "//"; none if it has none.
template <typename Element>
std::vector<std::string> CommentOf(const Element* element) {
  google::protobuf::SourceLocation location;
  if (element == nullptr || !element->GetSourceLocation(&location)) return {};
  const absl::string_view comment =
      absl::StripTrailingAsciiWhitespace(location.leading_comments);
  if (comment.empty()) return {};
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(comment, '\n')) {
    lines.emplace_back(absl::StripAsciiWhitespace(line));
  }
  return lines;
}

// "1 to 4096 rows", "min, mean", "may change", as far as they apply.
std::vector<std::string> Facts(const FieldDescriptor& field) {
  const std::string range = RangeText(field.options().GetExtension(v1::range));
  const std::string& unit = field.options().GetExtension(v1::unit);
  std::vector<std::string> facts;
  if (!range.empty() || !unit.empty()) {
    const bool both = !range.empty() && !unit.empty();
    facts.push_back(absl::StrCat(range, both ? " " : "", unit));
  }
  if (field.enum_type() != nullptr) {
    facts.push_back(EnumNames(*field.enum_type()));
  }
  if (field.options().GetExtension(v1::may_change)) {
    facts.push_back("may change");
  }
  return facts;
}

// "  auto: Alpha is learned ...", a line for each value that has a comment.
std::vector<std::string> Choices(const EnumDescriptor& values) {
  const EnumDescriptor* commented =
      CommentedSchema().FindEnumTypeByName(values.full_name());
  if (commented == nullptr) return {};
  std::vector<std::string> lines;
  for (int i = 0; i < commented->value_count(); ++i) {
    const EnumValueDescriptor* value = commented->value(i);
    const std::string comment = absl::StrJoin(CommentOf(value), " ");
    if (comment.empty()) continue;
    lines.push_back(absl::StrCat("  ", value->name(), ": ", comment));
  }
  return lines;
}

std::string CommentedOut(const std::string& text) {
  std::string out;
  for (const absl::string_view line :
       absl::StrSplit(absl::StripSuffix(text, "\n"), '\n')) {
    absl::StrAppend(&out, line.empty() ? "#" : "# ", line, "\n");
  }
  return out;
}

std::string Indented(const std::string& text) {
  std::string out;
  for (const absl::string_view line :
       absl::StrSplit(absl::StripSuffix(text, "\n"), '\n')) {
    absl::StrAppend(&out, line.empty() ? "" : "  ", line, "\n");
  }
  return out;
}

std::string Explain(const Descriptor& type, const Message* message,
                    const Message* defaults);

// What a message of this type is when nothing is set.
const Message& Standard(const Descriptor& type) {
  return *google::protobuf::MessageFactory::generated_factory()->GetPrototype(
      &type);
}

const Message* GroupOf(const Message* message, const FieldDescriptor& field) {
  if (message == nullptr || !IsSet(*message, field)) return nullptr;
  return &message->GetReflection()->GetMessage(*message, &field);
}

// "  # one; two", what stands behind a value; "" without remarks.
std::string Behind(const std::vector<std::string>& remarks) {
  if (remarks.empty()) return "";
  return absl::StrCat("  # ", absl::StrJoin(remarks, "; "));
}

// "sac {", its fields, "}"; as a comment where the group is not there.
std::string ExplainOneGroup(const FieldDescriptor& field, const Message* group,
                            const Message* defaults) {
  std::vector<std::string> remarks = Facts(field);
  if (field.is_repeated()) {
    remarks.push_back("any number of these");
  } else if (!IsSection(field)) {
    remarks.push_back("at most one of these");
  }
  const std::string text = absl::StrCat(
      field.name(), " {", Behind(remarks), "\n",
      Indented(Explain(*field.message_type(), group, defaults)), "}\n");
  return group == nullptr ? CommentedOut(text) : text;
}

std::string ExplainGroup(const FieldDescriptor& field, const Message* message,
                         const Message* defaults) {
  if (!field.is_repeated()) {
    return ExplainOneGroup(field, GroupOf(message, field),
                           GroupOf(defaults, field));
  }
  const auto standard =
      std::unique_ptr<Message>(Standard(*field.message_type()).New());
  FillDefaults(standard.get());
  const int size = message == nullptr
                       ? 0
                       : message->GetReflection()->FieldSize(*message, &field);
  if (size == 0) return ExplainOneGroup(field, nullptr, standard.get());
  std::string text;
  for (int i = 0; i < size; ++i) {
    const Message& group =
        message->GetReflection()->GetRepeatedMessage(*message, &field, i);
    absl::StrAppend(&text, ExplainOneGroup(field, &group, standard.get()));
  }
  return text;
}

// "default", "set (default 0.99)", "set"; "" where there is no value.
std::string Origin(const FieldDescriptor& field, const Message* message,
                   const Message* defaults) {
  if (!IsSet(*message, field)) return "";
  if (defaults == nullptr || !IsSet(*defaults, field)) return "set";
  const std::string usual = ValueText(*defaults, field);
  if (ValueText(*message, field) == usual) return "default";
  return absl::StrCat("set (default ", usual, ")");
}

// "gamma: 0.98  # set (default 0.99); 0 to 1", "# target_entropy: <unset>".
std::string ExplainValue(const FieldDescriptor& field, const Message* message,
                         const Message* defaults) {
  // A group that is not there is commented out as a whole.
  const bool commented_out = message == nullptr;
  if (commented_out) {
    message =
        defaults != nullptr ? defaults : &Standard(*field.containing_type());
  }
  std::vector<std::string> remarks = Facts(field);
  const std::string origin = Origin(field, message, defaults);
  if (!origin.empty()) remarks.insert(remarks.begin(), origin);
  const std::string behind = absl::StrCat(Behind(remarks), "\n");
  if (!origin.empty()) {
    return absl::StrCat(field.name(), ": ", ValueText(*message, field), behind);
  }
  return absl::StrCat(commented_out ? "" : "# ", field.name(), ": <unset>",
                      behind);
}

// What stands above a field: its comment, or its group's; its choices.
std::vector<std::string> Notes(const FieldDescriptor& field) {
  std::vector<std::string> lines =
      CommentOf(CommentedSchema().FindFieldByName(field.full_name()));
  if (lines.empty() && IsGroup(field)) {
    lines = CommentOf(CommentedSchema().FindMessageTypeByName(
        field.message_type()->full_name()));
  }
  if (field.enum_type() != nullptr) {
    for (std::string& line : Choices(*field.enum_type())) {
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

// The fields of `message`; nullptr for a group that is not there.
std::string Explain(const Descriptor& type, const Message* message,
                    const Message* defaults) {
  std::string text;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::vector<std::string> notes = Notes(field);
    // A field without notes shares those of the field before it.
    if (i > 0 && (!notes.empty() || IsGroup(field))) {
      absl::StrAppend(&text, "\n");
    }
    for (const std::string& line : notes) {
      absl::StrAppend(&text, line.empty() ? "#" : "# ", line, "\n");
    }
    absl::StrAppend(&text, IsGroup(field)
                               ? ExplainGroup(field, message, defaults)
                               : ExplainValue(field, message, defaults));
  }
  return text;
}

}  // namespace

std::vector<ConfigOption> ListConfigOptions() {
  std::vector<ConfigOption> options;
  for (const ConfigField& field : ConfigFields()) {
    if (IsGroup(*field.field)) continue;
    std::vector<std::string> parts = Facts(*field.field);
    parts.insert(
        parts.begin(),
        field.field->has_default_value()
            ? ValueText(Standard(*field.field->containing_type()), *field.field)
            : "unset");
    parts.push_back(absl::StrJoin(
        CommentOf(CommentedSchema().FindFieldByName(field.field->full_name())),
        " "));
    options.push_back({field.path, absl::StrJoin(parts, " | ")});
  }
  return options;
}

std::string ExplainConfig(const v1::RunConfig& config) {
  const v1::RunConfig full = WithDefaults(config);
  const v1::RunConfig defaults = WithDefaults(v1::RunConfig());
  return absl::StrCat(
      "# Configuration ", ConfigHash(config),
      ": every field with its value in force.\n"
      "# Behind a value: where it comes from; what is allowed and its unit;\n"
      "# whether it may change when the run is resumed.\n\n",
      Explain(*v1::RunConfig::descriptor(), &full, &defaults));
}

}  // namespace softfleet
