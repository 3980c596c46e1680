// SPDX-License-Identifier: Apache-2.0
// Messages as a broken or hostile peer, or a newer program, would send them:
// made by protobuf's reflection, so that no field is forgotten.
#ifndef SOFTFLEET_TESTS_TRANSPORT_MUTATE_MESSAGE_H_
#define SOFTFLEET_TESTS_TRANSPORT_MUTATE_MESSAGE_H_

#include <google/protobuf/message.h>

#include <string>

#include "tests/transport/random_values.h"

namespace softfleet {

// Sets, changes, removes or repeats one random field at a random depth, with
// extreme values among the ordinary ones.
void MutateField(RandomValues& random, google::protobuf::Message* message);

// Flips, inserts or removes some bytes, or cuts the end off.
std::string MutateBytes(RandomValues& random, std::string bytes);

// Sets every field, at most `depth` messages deep.
void FillEveryField(RandomValues& random, int depth,
                    google::protobuf::Message* message);

// Adds fields that no program of today knows, of every wire type, to the
// message and all below.
void AddUnknownFields(RandomValues& random, google::protobuf::Message* message);

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_TRANSPORT_MUTATE_MESSAGE_H_
