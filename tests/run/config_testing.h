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
  std::string path;
  const google::protobuf::FieldDescriptor* field;
  bool may_change;  // it, or a group it is in, has the option

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
                         std::vector<Leaf>* leaves) {
  for (int i = 0; i < message.field_count(); ++i) {
    const auto* field = message.field(i);
    const bool changes =
        may_change || field->options().GetExtension(v1::may_change);
    if (field->message_type() != nullptr) {
      AppendLeaves(*field->message_type(), prefix + field->name() + ".",
                   changes, leaves);
    } else {
      leaves->push_back({prefix + field->name(), field, changes});
    }
  }
}

inline std::vector<Leaf> AllLeaves() {
  std::vector<Leaf> leaves;
  AppendLeaves(*v1::RunConfig::descriptor(), "", false, &leaves);
  return leaves;
}

// Two values that `--set` takes for the field, in its range, of which neither
// is its default.
std::vector<std::string> SampleValues(const Leaf& leaf);

// The field's default as `--set` takes it; "" if it has none.
std::string DefaultValue(const Leaf& leaf);

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_RUN_CONFIG_TESTING_H_
