// SPDX-License-Identifier: Apache-2.0
#include "tests/transport/mutate_message.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

namespace softfleet {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Far from every number in use; 19000 to 19999 are protobuf's own.
constexpr int kUnknownField = 30'000;

int64_t AnyInteger(RandomValues& random) {
  const int64_t extremes[] = {0,
                              1,
                              -1,
                              std::numeric_limits<int64_t>::max(),
                              std::numeric_limits<int64_t>::min(),
                              std::numeric_limits<int32_t>::max(),
                              std::numeric_limits<int32_t>::min(),
                              int64_t{1} << 31,
                              int64_t{1} << 32,
                              (int64_t{1} << 62) + 1};
  if (random.Coin()) return extremes[random.Integer(0, 9)];
  return random.Integer(0, 100);
}

std::string AnyString(RandomValues& random, const FieldDescriptor* field) {
  if (field->type() == FieldDescriptor::TYPE_BYTES) {
    return random.Bytes(static_cast<size_t>(random.Integer(0, 300)));
  }
  const char* const names[] = {"", "F32", "U8", "state", "linear"};
  return random.Coin() ? names[random.Integer(0, 4)] : random.Name();
}

// proto3 keeps any number, proto2 only those that have a name.
int AnyEnumerator(RandomValues& random, const FieldDescriptor* field) {
  const google::protobuf::EnumDescriptor* type = field->enum_type();
  if (field->file()->syntax() ==
      google::protobuf::FileDescriptor::SYNTAX_PROTO3) {
    return static_cast<int>(random.Integer(0, 6));
  }
  const int64_t last = type->value_count() - 1;
  return type->value(static_cast<int>(random.Integer(0, last)))->number();
}

// Sets a field, or adds to a repeated one.
void SetScalar(RandomValues& random, const FieldDescriptor* field,
               Message* message) {
  const Reflection* reflection = message->GetReflection();
  const int64_t integer = AnyInteger(random);
#define SF_SET(Type, value)                       \
  if (field->is_repeated()) {                     \
    reflection->Add##Type(message, field, value); \
  } else {                                        \
    reflection->Set##Type(message, field, value); \
  }                                               \
  break
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      SF_SET(Int32, static_cast<int32_t>(integer));
    case FieldDescriptor::CPPTYPE_INT64:
      SF_SET(Int64, integer);
    case FieldDescriptor::CPPTYPE_UINT32:
      SF_SET(UInt32, static_cast<uint32_t>(integer));
    case FieldDescriptor::CPPTYPE_UINT64:
      SF_SET(UInt64, static_cast<uint64_t>(integer));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      SF_SET(Double, random.AnyDouble());
    case FieldDescriptor::CPPTYPE_FLOAT:
      SF_SET(Float, static_cast<float>(integer));
    case FieldDescriptor::CPPTYPE_BOOL:
      SF_SET(Bool, random.Coin());
    case FieldDescriptor::CPPTYPE_ENUM:
      SF_SET(EnumValue, AnyEnumerator(random, field));
    case FieldDescriptor::CPPTYPE_STRING:
      SF_SET(String, AnyString(random, field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
#undef SF_SET
}

bool IsMessage(const FieldDescriptor* field) {
  return field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

// The messages directly below.
std::vector<Message*> Children(Message* message) {
  const Reflection* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  std::vector<Message*> children;
  for (const FieldDescriptor* field : fields) {
    if (!IsMessage(field)) continue;
    if (!field->is_repeated()) {
      children.push_back(reflection->MutableMessage(message, field));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
      children.push_back(reflection->MutableRepeatedMessage(message, field, i));
    }
  }
  return children;
}

void ChangeField(RandomValues& random, const FieldDescriptor* field,
                 Message* message) {
  const Reflection* reflection = message->GetReflection();
  if (random.Integer(0, 3) == 0) {
    reflection->ClearField(message, field);
  } else if (!IsMessage(field)) {
    if (field->is_repeated() && random.Coin()) {
      reflection->ClearField(message, field);
    }
    SetScalar(random, field, message);
  } else if (field->is_repeated()) {
    reflection->AddMessage(message, field);
  } else {
    reflection->MutableMessage(message, field);
  }
}

}  // namespace

void MutateField(RandomValues& random, Message* message) {
  const std::vector<Message*> children = Children(message);
  if (!children.empty() && random.Integer(0, 2) > 0) {
    const int64_t last = std::ssize(children) - 1;
    return MutateField(random, children[random.Integer(0, last)]);
  }
  const google::protobuf::Descriptor* type = message->GetDescriptor();
  if (type->field_count() == 0) return;
  const int64_t index = random.Integer(0, type->field_count() - 1);
  ChangeField(random, type->field(static_cast<int>(index)), message);
}

std::string MutateBytes(RandomValues& random, std::string bytes) {
  for (int64_t times = random.Integer(1, 4); times > 0 && !bytes.empty();
       --times) {
    const size_t at = random.Integer(0, std::ssize(bytes) - 1);
    switch (random.Integer(0, 4)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.Integer(0, 7)));
        break;
      case 1:
        bytes[at] = static_cast<char>(random.Integer(0, 255));
        break;
      case 2:
        bytes.insert(at, random.Bytes(random.Integer(1, 9)));
        break;
      case 3:
        bytes.erase(at, random.Integer(1, 9));
        break;
      default:
        bytes.resize(at);
    }
  }
  return bytes;
}

void FillEveryField(RandomValues& random, int depth, Message* message) {
  const google::protobuf::Descriptor* type = message->GetDescriptor();
  const Reflection* reflection = message->GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (!IsMessage(field)) {
      SetScalar(random, field, message);
    } else if (depth > 0) {
      FillEveryField(random, depth - 1,
                     field->is_repeated()
                         ? reflection->AddMessage(message, field)
                         : reflection->MutableMessage(message, field));
    }
  }
}

void AddUnknownFields(RandomValues& random, Message* message) {
  for (Message* child : Children(message)) AddUnknownFields(random, child);
  google::protobuf::UnknownFieldSet* fields =
      message->GetReflection()->MutableUnknownFields(message);
  fields->AddVarint(kUnknownField, random.Word());
  fields->AddFixed32(kUnknownField + 1, 7);
  fields->AddFixed64(kUnknownField + 2, random.Word());
  fields->AddLengthDelimited(kUnknownField + 3)->assign(random.Bytes(20));
  fields->AddGroup(kUnknownField + 4)->AddVarint(1, 2);
}

}  // namespace softfleet
