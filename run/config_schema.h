// SPDX-License-Identifier: Apache-2.0
// RunConfig seen through reflection: its fields by path, their values as text,
// and what their options say. What the functions of run/config.h share;
// internal to the room. Thread-safe: free functions over values.
#ifndef SOFTFLEET_RUN_CONFIG_SCHEMA_H_
#define SOFTFLEET_RUN_CONFIG_SCHEMA_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "softfleet/v1/options.pb.h"

namespace softfleet {

// A field of RunConfig, groups ("sac") and lists of groups
// ("environment.setting", then "environment.setting[].name") included.
struct ConfigField {
  std::string path;  // "evaluation.success.return_at_least"
  const google::protobuf::FieldDescriptor* field = nullptr;
  bool may_change = false;  // on resume; a group's option covers its fields
};

// Every field, a group before its own fields, in the schema's order.
const std::vector<ConfigField>& ConfigFields();

// "sac" + "gamma" -> "sac.gamma"; "" + "sac" -> "sac".
std::string JoinKey(absl::string_view group, absl::string_view name);

// Paths of a message's direct fields, for suggestions.
std::vector<std::string> FieldPaths(const google::protobuf::Descriptor& message,
                                    absl::string_view group);

bool IsGroup(const google::protobuf::FieldDescriptor& field);

// Whether the field is a list of groups: one value, as any other list is.
bool IsGroupList(const google::protobuf::FieldDescriptor& field);

// Whether the group is one that is always there, so that leaving it out is the
// same as leaving it empty: all but those that are only a choice (a oneof),
// where being there means something.
bool IsSection(const google::protobuf::FieldDescriptor& field);

// Whether the field has a value; an empty list has none.
bool IsSet(const google::protobuf::Message& message,
           const google::protobuf::FieldDescriptor& field);

// The value in text format: "0.99", "auto", "\"Pendulum-v1\"", "[64, 64]",
// "{ }", "[{ friction: 0.5 }]". For a field that is not set its default; of a
// group only what differs from its defaults.
std::string ValueText(const google::protobuf::Message& message,
                      const google::protobuf::FieldDescriptor& field);

// Names of an enumeration's values: "auto, fixed".
std::string EnumNames(const google::protobuf::EnumDescriptor& values);

// "at least 1", "above 0 and at most 1", "-50 to 10"; "" without bounds.
std::string RangeText(const v1::Range& range);

// Sets every unset field of the group, and of the groups in it, that has a
// default to it.
void FillDefaults(google::protobuf::Message* message);

// Sets the field, no list of groups, from text as `--set` takes it (a list
// replaces all of it); false, and the message in an unknown state, when the
// text is no such value.
bool SetFromText(absl::string_view text,
                 const google::protobuf::FieldDescriptor& field,
                 google::protobuf::Message* message);

// Parses text into `message`, strictly. The error is as ParseConfig's, without
// places where `source` is empty.
absl::Status ParseText(absl::string_view text, absl::string_view source,
                       google::protobuf::Message* message);

// Visits every set field, depth first, in the schema's order; a list of groups
// before the fields of its elements ("environment.setting[0].name"). Of the
// groups only a choice that is there without a value in it: it means something
// else than one that is not there.
using FieldVisitor = std::function<void(
    const std::string& path, const google::protobuf::Message& message,
    const google::protobuf::FieldDescriptor& field)>;
void VisitSetFields(const google::protobuf::Message& message,
                    const std::string& group, const FieldVisitor& visit);

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_CONFIG_SCHEMA_H_
