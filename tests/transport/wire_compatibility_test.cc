// SPDX-License-Identifier: Apache-2.0
// What docs/wire.md promises to programs of other versions.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/file_system.h"
#include "experience/run_phase.h"
#include "softfleet/v1/experience.pb.h"
#include "softfleet/v1/learner.pb.h"
#include "softfleet/v1/replay.pb.h"
#include "tests/transport/mutate_message.h"
#include "tests/transport/random_values.h"
#include "transport/codec.h"

namespace softfleet {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::util::MessageDifferencer;

std::string ReadData(const std::string& name) {
  const auto text = RealFileSystem().Read(
      absl::StrCat(SOFTFLEET_SOURCE_DIR "/tests/data/wire/", name));
  EXPECT_TRUE(text.ok()) << text.status();
  return text.ok() ? *text : "";
}

std::unique_ptr<Message> New(const Descriptor* type) {
  return std::unique_ptr<Message>(
      MessageFactory::generated_factory()->GetPrototype(type)->New());
}

// Everything that travels, the configuration in Attach and Join included.
std::vector<const FileDescriptor*> Files() {
  return {v1::StepBlock::descriptor()->file(),
          v1::InsertRequest::descriptor()->file(),
          v1::Snapshot::descriptor()->file(),
          v1::RunConfig::descriptor()->file(),
          v1::EnvironmentConfig::descriptor()->file(),
          v1::SacConfig::descriptor()->file(),
          v1::SuccessCriterion::descriptor()->file()};
}

std::vector<const Descriptor*> MessageTypes() {
  std::vector<const Descriptor*> types;
  for (const FileDescriptor* file : Files()) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      types.push_back(file->message_type(i));
      // One level of nesting is all there is.
      for (int n = 0; n < file->message_type(i)->nested_type_count(); ++n) {
        types.push_back(file->message_type(i)->nested_type(n));
      }
    }
  }
  return types;
}

std::vector<const EnumDescriptor*> EnumTypes() {
  std::vector<const EnumDescriptor*> types;
  for (const FileDescriptor* file : Files()) {
    for (int i = 0; i < file->enum_type_count(); ++i) {
      types.push_back(file->enum_type(i));
    }
  }
  for (const Descriptor* type : MessageTypes()) {
    for (int i = 0; i < type->enum_type_count(); ++i) {
      types.push_back(type->enum_type(i));
    }
  }
  return types;
}

// What the bytes of a field look like.
std::string Shape(const FieldDescriptor* field) {
  const std::string type =
      field->message_type() != nullptr ? field->message_type()->full_name()
      : field->enum_type() != nullptr  ? field->enum_type()->full_name()
                                       : field->type_name();
  return absl::StrCat(field->is_repeated()    ? "repeated "
                      : field->has_presence() ? "optional "
                                              : "",
                      type);
}

// "name number shape" of every field and every enumerator.
std::vector<std::string> AllFields() {
  std::vector<std::string> lines;
  for (const Descriptor* type : MessageTypes()) {
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      lines.push_back(absl::StrCat(field->full_name(), " ", field->number(),
                                   " ", Shape(field)));
    }
  }
  for (const EnumDescriptor* type : EnumTypes()) {
    for (int i = 0; i < type->value_count(); ++i) {
      lines.push_back(absl::StrCat(type->full_name(), ".",
                                   type->value(i)->name(), " ",
                                   type->value(i)->number()));
    }
  }
  return lines;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!line.empty() && line[0] != '#') lines.push_back(std::string(line));
  }
  return lines;
}

// The lines of `wanted` that are not in `there`.
std::string Missing(std::vector<std::string> wanted,
                    std::vector<std::string> there) {
  std::sort(wanted.begin(), wanted.end());
  std::sort(there.begin(), there.end());
  std::vector<std::string> missing;
  std::set_difference(wanted.begin(), wanted.end(), there.begin(), there.end(),
                      std::back_inserter(missing));
  return absl::StrJoin(missing, "\n");
}

TEST(WireCompatibility, AFieldNeverChangesItsNumberOrType) {
  EXPECT_EQ(Missing(Lines(ReadData("fields.txt")), AllFields()), "")
      << "These have changed or gone: give the new meaning a new field and "
         "keep the old one.";
}

TEST(WireCompatibility, EveryFieldIsRecorded) {
  EXPECT_EQ(Missing(AllFields(), Lines(ReadData("fields.txt"))), "")
      << "Add these lines to tests/data/wire/fields.txt.";
}

TEST(WireCompatibility, MessagesOfTheFirstReleaseAreReadAsTheyWereMeant) {
  const std::vector<std::string> lines = Lines(ReadData("messages.txt"));
  ASSERT_EQ(lines.size() % 3, 0u);
  ASSERT_GE(lines.size(), 3 * 20u);
  for (size_t i = 0; i < lines.size(); i += 3) {
    SCOPED_TRACE(lines[i]);
    const Descriptor* type =
        google::protobuf::DescriptorPool::generated_pool()
            ->FindMessageTypeByName("softfleet.v1." + lines[i]);
    ASSERT_NE(type, nullptr);
    const auto received = New(type);
    const auto meant = New(type);
    ASSERT_TRUE(
        received->ParseFromString(absl::HexStringToBytes(lines[i + 1])));
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(lines[i + 2],
                                                              meant.get()));
    EXPECT_TRUE(MessageDifferencer::Equals(*received, *meant))
        << received->ShortDebugString();
  }
}

TEST(WireCompatibility, ASnapshotOfTheFirstReleaseDecodes) {
  const std::vector<std::string> lines = Lines(ReadData("messages.txt"));
  const auto at = std::find(lines.begin(), lines.end(), "Snapshot");
  ASSERT_NE(at, lines.end());
  const auto snapshot = DecodeSnapshot(absl::HexStringToBytes(at[1]));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(snapshot->version, (uint64_t{2} << 32) + 2);
  EXPECT_EQ(snapshot->state, RunState::kRunning);
  EXPECT_EQ(snapshot->schema.Describe(),
            "state:F32[2] action:continuous[1] stack:1");
  EXPECT_EQ(snapshot->tensors.at("actor/l0.bias").AsDouble(),
            std::vector<double>{1});
  EXPECT_EQ(snapshot->normaliser->variance, (std::vector<double>{1, 2}));
  EXPECT_EQ(snapshot->head.log_std_min, -20);
}

TEST(WireCompatibility, FieldsOfANewerProgramAreIgnored) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    RandomValues random(seed);
    for (const Descriptor* type : MessageTypes()) {
      SCOPED_TRACE(absl::StrCat(type->full_name(), ", seed ", seed));
      const auto sent = New(type);
      FillEveryField(random, 3, sent.get());
      const std::string known = sent->SerializePartialAsString();
      AddUnknownFields(random, sent.get());
      const auto received = New(type);
      ASSERT_TRUE(
          received->ParsePartialFromString(sent->SerializePartialAsString()));
      ASSERT_NE(received->SerializePartialAsString(), known);
      received->DiscardUnknownFields();
      ASSERT_EQ(received->SerializePartialAsString(), known);
    }
  }
}

TEST(WireCompatibility, DecodingIgnoresFieldsOfANewerProgram) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomValues random(seed);
    const Snapshot snapshot = random.MakeSnapshot();
    v1::Snapshot message;
    ASSERT_TRUE(message.ParseFromString(EncodeSnapshot(snapshot)));
    AddUnknownFields(random, &message);
    const auto decoded = DecodeSnapshot(message.SerializeAsString());
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    ASSERT_TRUE(SameBits(*decoded, snapshot));

    const StepBlock block = random.MakeBlock(snapshot.schema);
    v1::StepBlock block_message, received;
    EncodeStepBlock(block, &block_message);
    AddUnknownFields(random, &block_message);
    ASSERT_TRUE(received.ParseFromString(block_message.SerializeAsString()));
    const auto decoded_block = DecodeStepBlock(snapshot.schema, received);
    ASSERT_TRUE(decoded_block.ok()) << decoded_block.status();
    ASSERT_TRUE(SameBits(*decoded_block, block));
  }
}

// What an older program leaves out reads as the proto file says.
TEST(WireCompatibility, FieldsThatAnOlderProgramLeavesOutHaveTheirDefaults) {
  v1::Schema schema_message;
  schema_message.add_observations()->set_name("state");
  schema_message.mutable_observations(0)->set_dtype("F32");
  schema_message.set_num_actions(2);
  const auto schema = DecodeSchema(schema_message);
  ASSERT_TRUE(schema.ok()) << schema.status();
  EXPECT_EQ(schema->frame_stack, 1);
  EXPECT_EQ(schema->action.kind, ActionSpec::Kind::kDiscrete);

  v1::StepBlock block_message;
  block_message.set_rows(1);
  block_message.add_observations(std::string(8, '\0'));
  block_message.set_actions(std::string(4, '\0'));
  block_message.set_rewards(std::string(4, '\0'));
  const auto block = DecodeStepBlock(*schema, block_message);
  ASSERT_TRUE(block.ok()) << block.status();
  EXPECT_EQ(block->end, EpisodeEnd::kNone);
  EXPECT_EQ(block->last_policy_version, 0u);
  EXPECT_TRUE(block->row_flags.empty());
  EXPECT_TRUE(CheckStepBlock(*schema, *block, 1).ok());

  v1::Snapshot snapshot_message;
  *snapshot_message.mutable_schema() = schema_message;
  const auto snapshot = DecodeSnapshot(snapshot_message.SerializeAsString());
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(snapshot->state, RunState::kWaiting);
  EXPECT_FALSE(snapshot->act_uniformly);
  EXPECT_FALSE(snapshot->normaliser.has_value());
  EXPECT_TRUE(snapshot->tensors.empty());

  EXPECT_EQ(DecodePosition({}), Position{});
}

// An enumerator that this program does not know is kept as a number, never a
// parse error.
TEST(WireCompatibility, EnumeratorsOfANewerProgramArrive) {
  v1::ParameterChunk chunk;
  chunk.set_phase(static_cast<v1::RunPhase>(9));
  v1::ParameterChunk received;
  ASSERT_TRUE(received.ParseFromString(chunk.SerializeAsString()));
  EXPECT_EQ(DecodePhase(received.phase()), RunState::kRunning);
}

}  // namespace
}  // namespace softfleet
