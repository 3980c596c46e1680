// SPDX-License-Identifier: Apache-2.0
// What the tests of configurations share: a small valid one, and a walk over
// the schema's fields that does not use the code under test.
#ifndef SOFTFLEET_TESTS_RUN_CONFIG_TESTING_H_
#define SOFTFLEET_TESTS_RUN_CONFIG_TESTING_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "softfleet/v1/options.pb.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

inline v1::RunConfig Pendulum() {
  v1::RunConfig config;
  config.mutable_environment()->set_name("Pendulum-v1");
  return config;
}

// A field that holds a value.
struct Leaf {
  std::string path;  // "sac.gamma", "environment.setting[0].name"
  const google::protobuf::FieldDescriptor* field;
  bool may_change;   // it, or a group it is in, has the option
  std::string list;  // of groups, that it is in: "environment.setting"; or ""

  // What `--set` sets and differences are told of.
  const std::string& key() const { return list.empty() ? path : list; }

  const v1::Range& range() const {
    return field->options().GetExtension(v1::range);
  }
  bool is_double() const {
    return field->cpp_type() ==
           google::protobuf::FieldDescriptor::CPPTYPE_DOUBLE;
  }
};

inline void AppendLeaves(const google::protobuf::Descriptor& message,
                         const std::string& prefix, bool may_change,
                         const std::string& list, std::vector<Leaf>* leaves) {
  for (int i = 0; i < message.field_count(); ++i) {
    const auto* field = message.field(i);
    const bool changes =
        may_change || field->options().GetExtension(v1::may_change);
    const std::string path = prefix + field->name();
    if (field->message_type() == nullptr) {
      leaves->push_back({path, field, changes, list});
    } else if (field->is_repeated()) {
      AppendLeaves(*field->message_type(), path + "[0].", changes, path,
                   leaves);
    } else {
      AppendLeaves(*field->message_type(), path + ".", changes, list, leaves);
    }
  }
}

inline std::vector<Leaf> AllLeaves() {
  std::vector<Leaf> leaves;
  AppendLeaves(*v1::RunConfig::descriptor(), "", false, "", &leaves);
  return leaves;
}

// "sac.gamma=0.5", "environment.setting={name: \"x\"}". An empty value clears
// a field outside of a list and makes an element without it in one.
std::string Assignment(const Leaf& leaf, const std::string& value);

// Two values that `--set` takes for the field, in its range, of which neither
// is its default.
std::vector<std::string> SampleValues(const Leaf& leaf);

// The field's default as `--set` takes it; "" if it has none.
std::string DefaultValue(const Leaf& leaf);

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_RUN_CONFIG_TESTING_H_
