// SPDX-License-Identifier: Apache-2.0
// ExplainConfig: the configuration as a file that documents itself, from the
// schema's own comments, which the build embeds (run_descriptors.cc).
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

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

// "Unit: rows. Range: 1 to 4096. May change on resume." with what applies.
std::string Facts(const FieldDescriptor& field) {
  std::vector<std::string> facts;
  const std::string& unit = field.options().GetExtension(v1::unit);
  const std::string range = RangeText(field.options().GetExtension(v1::range));
  if (!unit.empty()) facts.push_back(absl::StrCat("Unit: ", unit, "."));
  if (!range.empty()) facts.push_back(absl::StrCat("Range: ", range, "."));
  if (field.options().GetExtension(v1::may_change)) {
    facts.push_back("May change on resume.");
  }
  return absl::StrJoin(facts, " ");
}

// "  auto: Alpha is learned ...", a line per value and per comment line.
std::vector<std::string> Choices(const EnumDescriptor& values) {
  std::vector<std::string> lines;
  for (int i = 0; i < values.value_count(); ++i) {
    const std::string& name = values.value(i)->name();
    const auto* commented =
        CommentedSchema().FindEnumTypeByName(values.full_name());
    std::vector<std::string> comment =
        CommentOf(commented ? commented->FindValueByName(name) : nullptr);
    lines.push_back(absl::StrCat("  ", name, comment.empty() ? "" : ": ",
                                 absl::StrJoin(comment, " ")));
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

const Message* GroupOf(const Message* message, const FieldDescriptor& field) {
  if (message == nullptr || !IsSet(*message, field)) return nullptr;
  return &message->GetReflection()->GetMessage(*message, &field);
}

// "sac {", its fields, "}"; as a comment where the group is not there.
std::string ExplainGroup(const FieldDescriptor& field, const Message* message,
                         const Message* defaults) {
  const Message* group = GroupOf(message, field);
  const std::string fields =
      Explain(*field.message_type(), group, GroupOf(defaults, field));
  const std::string choice = IsSection(field) ? "" : "  # at most one of these";
  const std::string text =
      absl::StrCat(field.name(), " {", choice, "\n", Indented(fields), "}\n");
  return group == nullptr ? CommentedOut(text) : text;
}

// "gamma: 0.98  # set (default: 0.99)", "gamma: 0.99  # default",
// "# target_entropy: <unset>".
std::string ExplainValue(const FieldDescriptor& field, const Message* message,
                         const Message* defaults) {
  if (message == nullptr) return absl::StrCat(field.name(), ": ...\n");
  if (!IsSet(*message, field)) {
    return absl::StrCat("# ", field.name(), ": <unset>\n");
  }
  const std::string value = ValueText(*message, field);
  std::string remark = "set";
  if (defaults != nullptr && IsSet(*defaults, field)) {
    const std::string usual = ValueText(*defaults, field);
    remark =
        value == usual ? "default" : absl::StrCat("set (default: ", usual, ")");
  }
  return absl::StrCat(field.name(), ": ", value, "  # ", remark, "\n");
}

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
  std::string facts = Facts(field);
  if (!facts.empty()) lines.push_back(std::move(facts));
  return lines;
}

// The fields of `message`; nullptr for a group that is not there.
std::string Explain(const Descriptor& type, const Message* message,
                    const Message* defaults) {
  std::string text;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (i > 0) absl::StrAppend(&text, "\n");
    for (const std::string& line : Notes(field)) {
      absl::StrAppend(&text, line.empty() ? "#" : "# ", line, "\n");
    }
    absl::StrAppend(&text, IsGroup(field)
                               ? ExplainGroup(field, message, defaults)
                               : ExplainValue(field, message, defaults));
  }
  return text;
}

}  // namespace

std::string ExplainConfig(const v1::RunConfig& config) {
  const v1::RunConfig full = WithDefaults(config);
  const v1::RunConfig defaults = WithDefaults(v1::RunConfig());
  return absl::StrCat("# Configuration ", ConfigHash(config),
                      ": every field with its value in force.\n\n",
                      Explain(*v1::RunConfig::descriptor(), &full, &defaults));
}

}  // namespace softfleet
