// SPDX-License-Identifier: Apache-2.0
// The fused update against the reference, over random combinations of every
// option, and what only the fused one promises: the same bits for any number
// of threads, every instruction set, states that either engine continues.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/philox.h"
#include "sac/sac_agent.h"
#include "tests/sac/update_problem.h"
#include "tests/testing/instruction_sets.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace softfleet {
namespace {

using ::testing::HasSubstr;
using testing::InstructionSetTestName;
using testing::kInstructionSets;
using testing::ScopedInstructionSet;
using Engine = SacOptions::Engine;
using Precision = SacOptions::Precision;

constexpr uint64_t kSeed = 20261121;
constexpr double kDoubleTolerance = 1e-9;

std::vector<int64_t> RandomWidths(Philox* random) {
  std::vector<int64_t> widths(random->NextBelow(4));
  for (int64_t& width : widths) width = 1 + random->NextBelow(70);
  return widths;
}

SacOptions RandomOptions(Philox* random) {
  const auto coin = [random] { return random->NextBelow(2) == 0; };
  SacOptions options;
  options.precision = Precision::kFloat64;
  options.continuous = random->NextBelow(3) != 0;
  options.observation_dim = 1 + random->NextBelow(40);
  options.action_dim = 1 + random->NextBelow(9);
  options.actor_hidden = RandomWidths(random);
  options.critic_hidden = RandomWidths(random);
  options.gamma = random->NextUniform();
  options.tau = random->NextUniform();
  options.num_critics = 1 + static_cast<int>(random->NextBelow(5));
  options.target_subset =
      static_cast<int>(random->NextBelow(options.num_critics + 1));
  if (coin()) options.actor_aggregate = SacOptions::Aggregate::kMean;
  if (coin()) options.alpha_mode = SacOptions::AlphaMode::kFixed;
  if (coin()) options.log_std_mode = SacOptions::LogStdMode::kBounded;
  // Narrow enough that the clamp cuts some samples off.
  options.log_std_min = -0.3;
  options.log_std_max = 0.2;
  options.critic_layer_norm = coin();
  options.policy_delay = 1 + static_cast<int>(random->NextBelow(3));
  options.alpha_init = 0.1 + random->NextUniform();
  options.target_entropy = random->NextNormal();
  options.log_volume = options.continuous ? random->NextNormal() : 0;
  return options;
}

std::string Describe(const SacOptions& o, int64_t batch) {
  const auto list = [](const std::vector<int64_t>& widths) {
    std::string text;
    for (int64_t width : widths) absl::StrAppend(&text, width, " ");
    return text;
  };
  return absl::StrCat(o.continuous ? "continuous " : "discrete ",
                      o.observation_dim, "/", o.action_dim, " actor ",
                      list(o.actor_hidden), "critic ", list(o.critic_hidden),
                      "critics ", o.num_critics, " of ", o.target_subset,
                      " layer norm ", o.critic_layer_norm, " delay ",
                      o.policy_delay, " batch ", batch);
}

UpdateProblem Problem(const SacOptions& options, int64_t batch, uint64_t seed) {
  UpdateProblem problem(options, batch, seed);
  if (seed % 2 == 0) problem.weights.clear();
  return problem;
}

std::unique_ptr<SacAgent> Agent(SacOptions options, Engine engine) {
  options.engine = engine;
  return SacAgent::Create(options, 3).value();
}

void ExpectNear(const std::string& name, const std::vector<double>& a,
                const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size()) << name;
  for (size_t i = 0; i < a.size(); ++i) {
    ASSERT_LE(std::abs(a[i] - b[i]), tolerance * std::max(1.0, std::abs(b[i])))
        << name << "[" << i << "]";
  }
}

void ExpectNear(const TensorMap& a, const TensorMap& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : b) {
    ASSERT_TRUE(a.contains(name)) << name;
    EXPECT_EQ(a.at(name).shape, tensor.shape) << name;
    if (tensor.dtype == DType::kI64) {
      EXPECT_EQ(a.at(name), tensor) << name;
    } else {
      ExpectNear(name, a.at(name).AsDouble(), tensor.AsDouble(), tolerance);
    }
  }
}

std::vector<double> Numbers(const SacStatistics& s) {
  return {s.alpha,
          s.entropy,
          s.critic_loss,
          s.actor_loss,
          s.alpha_loss,
          s.q_mean,
          s.td_abs_mean,
          s.action_std_mean,
          s.saturated_fraction,
          s.critic_gradient_norm,
          s.actor_gradient_norm,
          s.actor_updated ? 1.0 : 0.0};
}

// Both engines do the same update and tell the same of it.
void CompareUpdate(SacAgent* fused, SacAgent* reference,
                   const UpdateProblem& problem) {
  SacStatistics statistics[2];
  SacTrace trace[2];
  SacAgent* agents[] = {fused, reference};
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(agents[i]
                    ->Update(problem.batch(), problem.draws(), &statistics[i],
                             &trace[i])
                    .ok());
  }
  ExpectNear("statistics", Numbers(statistics[0]), Numbers(statistics[1]),
             kDoubleTolerance);
  ASSERT_EQ(trace[0].size(), trace[1].size());
  for (const auto& [name, values] : trace[1]) {
    ASSERT_TRUE(trace[0].contains(name)) << name;
    ExpectNear(name, trace[0].at(name), values, kDoubleTolerance);
  }
  ExpectNear(fused->Save(), reference->Save(), kDoubleTolerance);
}

// `cases` random problems of three updates each, whose batch size changes.
void CompareEngines(uint64_t seed, int cases) {
  for (int c = 0; c < cases; ++c) {
    Philox random(seed, Purpose::kTest, c);
    const SacOptions options = RandomOptions(&random);
    const int64_t batch = 1 + random.NextBelow(150);
    SCOPED_TRACE(absl::StrCat("seed ", seed, " case ", c, ": ",
                              Describe(options, batch)));
    const auto fused = Agent(options, Engine::kFused);
    const auto reference = Agent(options, Engine::kReference);
    for (int t = 0; t < 3; ++t) {
      const int64_t size = t == 0 ? batch : 1 + random.NextBelow(150);
      CompareUpdate(fused.get(), reference.get(),
                    Problem(options, size, 10 * c + t));
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(Engines, InDoubleTheFusedUpdateIsTheReferenceWhateverTheOptions) {
  CompareEngines(kSeed, 150);
}

class InstructionSet : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { SKIP_WITHOUT_INSTRUCTION_SET(GetParam()); }

 private:
  const ScopedInstructionSet forced_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(All, InstructionSet,
                         ::testing::ValuesIn(kInstructionSets),
                         [](const auto& info) {
                           return InstructionSetTestName(info.param);
                         });

TEST_P(InstructionSet, GivesTheReferencesNumbersInDouble) {
  CompareEngines(kSeed + 1, 25);
}

TEST(InstructionSets, OneThatIsNotThereIsRefusedWithThoseThatAre) {
  const ScopedInstructionSet forced("sse9");
  const auto agent = SacAgent::Create(SmallOptions(true), 1);
  EXPECT_EQ(agent.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(agent.status().message()), HasSubstr("sse9"));
  EXPECT_THAT(std::string(agent.status().message()), HasSubstr("x86-64-v2"));
}

SacOptions MiddlingOptions(bool continuous) {
  SacOptions options = SmallOptions(continuous);
  options.precision = Precision::kFloat32;
  options.observation_dim = 17;
  options.action_dim = 6;
  options.actor_hidden = {65, 130};
  options.critic_hidden = {129, 70};
  return options;
}

TEST_P(InstructionSet, GivesTheSameBitsForAnyNumberOfThreads) {
  for (bool continuous : {true, false}) {
    SacOptions options = MiddlingOptions(continuous);
    options.critic_layer_norm = continuous;
    options.policy_delay = 2;
    TensorMap first;
    for (int threads : {1, 2, 5}) {
      options.threads = threads;
      auto agent = SacAgent::Create(options, 4).value();
      for (int t = 0; t < 20; ++t) {
        const UpdateProblem problem(options, 300 - t, t);
        SacStatistics update;
        ASSERT_TRUE(
            agent->Update(problem.batch(), problem.draws(), &update).ok());
      }
      if (threads == 1) first = agent->Save();
      EXPECT_EQ(agent->Save(), first) << threads << " threads";
    }
  }
}

double Norm(const std::vector<double>& x) {
  double squares = 0;
  for (double value : x) squares += value * value;
  return std::sqrt(squares);
}

std::vector<double> Minus(std::vector<double> a, const std::vector<double>& b) {
  for (size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return a;
}

// The largest difference of two gradients by their tensor's norm. A bias's is
// a sum over the batch that may cancel to nothing: by the norm of its layer's.
double Disagreement(const SacTrace& a, const SacTrace& b) {
  double largest = -1;
  for (const auto& [name, values] : b) {
    if (!absl::StartsWith(name, "grad/")) continue;
    double norm = Norm(values);
    if (absl::EndsWith(name, ".bias")) {
      const std::string layer(absl::StripSuffix(name, ".bias"));
      norm = std::hypot(norm, Norm(b.at(layer + ".weight")));
    }
    largest = std::max(largest, Norm(Minus(a.at(name), values)) / norm);
  }
  EXPECT_GE(largest, 0) << "no gradient was compared";
  return largest;
}

// ... of the update that both do from the same state.
double Disagreement(SacAgent* fused, SacAgent* reference,
                    const TensorMap& state, const UpdateProblem& problem) {
  SacTrace trace[2];
  SacAgent* agents[] = {fused, reference};
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(agents[i]->Restore(state).ok());
    EXPECT_TRUE(
        agents[i]
            ->Update(problem.batch(), problem.draws(), nullptr, &trace[i])
            .ok());
  }
  return Disagreement(trace[0], trace[1]);
}

UpdateProblem Beside(UpdateProblem problem, uint64_t seed) {
  Philox random(seed, Purpose::kTest, 1);
  for (float& x : problem.observations) {
    x += 1e-3F * static_cast<float>(random.NextNormal());
  }
  return problem;
}

// A gradient jumps where a unit of some row is 0 before its ReLU, and a sum
// that is 0 but for rounding (5e-8 where such sums spread over 0.5) may round
// to another side of it in the other engine: so do one or two of the 6e7 sums
// of a thousand updates, unless both engines happen to add in the same order.
// Then that row's part in that unit, about 1 of the 64 x 65 parts whose squares
// add up to the norm's, is in one gradient alone. At observations beside these
// no sum is 0, and the gradients must agree.
TEST_P(InstructionSet, GivesTheReferencesGradientsInFloatAThousandTimes) {
  constexpr double kTolerance = 1e-5, kJump = 0.05;
  for (bool continuous : {true, false}) {
    const SacOptions options = MiddlingOptions(continuous);
    const auto fused = Agent(options, Engine::kFused);
    const auto reference = Agent(options, Engine::kReference);
    int jumps = 0;
    for (int t = 0; t < 1000; ++t) {
      SCOPED_TRACE(absl::StrCat("update ", t, continuous ? "" : ", discrete"));
      const UpdateProblem problem(options, 64, t);
      const TensorMap state = reference->Save();
      const double disagreement =
          Disagreement(fused.get(), reference.get(), state, problem);
      if (disagreement <= kTolerance) continue;
      ASSERT_LE(disagreement, kJump);
      ASSERT_LE(++jumps, 10);
      ASSERT_LE(
          Disagreement(fused.get(), reference.get(), state, Beside(problem, t)),
          kTolerance);
    }
  }
}

TEST(Engines, EachContinuesFromTheOthersState) {
  for (Engine first : {Engine::kFused, Engine::kReference}) {
    SacOptions options = SmallOptions(true);
    options.policy_delay = 2;
    const Engine second =
        first == Engine::kFused ? Engine::kReference : Engine::kFused;
    const auto straight = Agent(options, first);
    const auto other = Agent(options, second);
    for (int t = 0; t < 5; ++t) {
      const UpdateProblem problem(options, 16, t);
      ASSERT_TRUE(straight->Update(problem.batch(), problem.draws()).ok());
    }
    ASSERT_TRUE(other->Restore(straight->Save()).ok());
    EXPECT_EQ(other->Save(), straight->Save());
    for (int t = 5; t < 10; ++t) {
      const UpdateProblem problem(options, 16, t);
      CompareUpdate(first == Engine::kFused ? straight.get() : other.get(),
                    first == Engine::kFused ? other.get() : straight.get(),
                    problem);
    }
  }
}

// A unit that ReLU has switched off has a gradient of exactly 0: its moments
// only decay.
TEST(Engines, MomentsDecayToZeroInsteadOfStayingDenormal) {
  SacOptions options = MiddlingOptions(true);
  auto agent = SacAgent::Create(options, 1).value();
  TensorMap state = agent->Save();
  const auto set = [&state](const std::string& name, float value) {
    for (float& x : state.at(name).mutable_values<float>()) x = value;
  };
  set("param/critic0/l0.weight", 0);
  set("param/critic0/l0.bias", -1);
  set("adam_m/critic0/l0.weight", 1e-38F);
  set("adam_v/critic0/l0.weight", 1e-38F);
  ASSERT_TRUE(agent->Restore(state).ok());
#if defined(__x86_64__)
  const unsigned environment = _mm_getcsr() & 0x8040U;
#endif
  const UpdateProblem problem(options, 32, 1);
  ASSERT_TRUE(agent->Update(problem.batch(), problem.draws()).ok());
#if defined(__x86_64__)
  EXPECT_EQ(_mm_getcsr() & 0x8040U, environment) << "the caller's is changed";
  for (const auto& [name, tensor] : agent->Save()) {
    if (tensor.dtype != DType::kF32) continue;
    for (float x : tensor.values<float>()) {
      ASSERT_NE(std::fpclassify(x), FP_SUBNORMAL) << name;
    }
  }
#endif
}

TEST(Engines, TheReferenceHasNoBFloat16) {
  SacOptions options = SmallOptions(true);
  options.engine = Engine::kReference;
  options.precision = Precision::kBFloat16;
  EXPECT_THAT(std::string(SacAgent::Create(options, 1).status().message()),
              HasSubstr("bf16 needs engine fused"));
}

}  // namespace
}  // namespace softfleet
