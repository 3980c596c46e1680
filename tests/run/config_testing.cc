// SPDX-License-Identifier: Apache-2.0
#include "tests/run/config_testing.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace softfleet {
namespace {

using google::protobuf::FieldDescriptor;

bool Allowed(double value, const v1::Range& range) {
  const bool above = !range.has_min() || value > range.min() ||
                     (value == range.min() && !range.min_exclusive());
  const bool below = !range.has_max() || value < range.max() ||
                     (value == range.max() && !range.max_exclusive());
  return above && below;
}

std::vector<std::string> SampleNumbers(const Leaf& leaf) {
  const std::string standard = DefaultValue(leaf);
  std::vector<std::string> samples;
  // The large ones are for sizes in bytes, whose least is a mebibyte.
  for (const double value : {0.125, 0.3, 7.0, 11.0, 2097152.0, 4194304.0}) {
    const std::string text = absl::StrFormat("%.7g", value);
    const bool fits = leaf.is_double() || value >= 1;
    if (fits && text != standard && Allowed(value, leaf.range())) {
      samples.push_back(
          leaf.field->is_repeated() ? absl::StrCat(text, ",", text) : text);
    }
  }
  samples.resize(2);
  return samples;
}

}  // namespace

std::string Assignment(const Leaf& leaf, const std::string& value) {
  if (leaf.list.empty()) return absl::StrCat(leaf.path, "=", value);
  if (value.empty()) return absl::StrCat(leaf.list, "={}");
  std::string text = value;
  if (leaf.field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    text = absl::StrCat("\"", absl::CEscape(value), "\"");
  }
  if (leaf.field->is_repeated()) text = absl::StrCat("[", text, "]");
  return absl::StrCat(leaf.list, "={", leaf.field->name(), ": ", text, "}");
}

std::vector<std::string> SampleValues(const Leaf& leaf) {
  const std::string standard = DefaultValue(leaf);
  switch (leaf.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return standard == "true" ? std::vector<std::string>{"false", "false"}
                                : std::vector<std::string>{"true", "true"};
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* values = leaf.field->enum_type();
      const std::string last = values->value(values->value_count() - 1)->name();
      return {last, last};
    }
    case FieldDescriptor::CPPTYPE_STRING:
      return {"some \"text\"", "a/path=x"};
    default:
      return SampleNumbers(leaf);
  }
}

std::string DefaultValue(const Leaf& leaf) {
  const FieldDescriptor& field = *leaf.field;
  if (field.is_repeated()) {
    return field.options().GetExtension(v1::list_default);
  }
  if (!field.has_default_value()) return "";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return field.default_value_bool() ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return field.default_value_enum()->name();
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return absl::StrFormat("%.17g", field.default_value_double());
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(field.default_value_int32());
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(field.default_value_int64());
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(field.default_value_uint64());
    default:
      return field.default_value_string();
  }
}

}  // namespace softfleet
