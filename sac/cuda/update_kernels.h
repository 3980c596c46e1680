// SPDX-License-Identifier: Apache-2.0
// The steps of one SAC update that are no layers, as functors (see
// layer_kernels.h): the order and the formulas are those of
// sac/reference_update.h and sac/fused/functors.h. C++17, standard library
// only.
#ifndef SOFTFLEET_SAC_CUDA_UPDATE_KERNELS_H_
#define SOFTFLEET_SAC_CUDA_UPDATE_KERNELS_H_

#include <cmath>
#include <cstdint>

#include "core/host_device.h"
#include "core/philox_block.h"
#include "sac/cuda/engine_options.h"
#include "sac/fused/functors.h"

namespace softfleet {

// What an update's steps hand each other besides arrays; on the device.
template <typename T>
struct UpdateScalars {
  SacCudaCounters counters;
  T alpha;       // this update's, before its step
  T alpha_loss;  // of this update
  fused::AdamConstants<T> critic, actor, temperature;
};

// Purposes of core/philox.h, which is no C++17 header.
constexpr uint32_t kReplayDrawPurpose = 4;
constexpr uint32_t kUpdateNoisePurpose = 5;
constexpr uint32_t kUpdateNextNoisePurpose = 6;
constexpr uint32_t kTargetSubsetPurpose = 7;

// Counts the update, takes its alpha and its optimisers' constants.
template <typename T>
struct BeginUpdate {
  SacCudaOptions options;
  UpdateScalars<T>* scalars;
  T* log_alpha;  // [4]: itself, its moments, the alpha last used
  bool act;

  SF_HOST_DEVICE void operator()(int64_t) const {
    SacCudaCounters& counters = scalars->counters;
    ++counters.updates;
    scalars->alpha = options.alpha_fixed != 0
                         ? static_cast<T>(options.alpha_init)
                         : std::exp(log_alpha[0]);
    scalars->alpha_loss = 0;
    log_alpha[3] = scalars->alpha;
    scalars->critic = Constants(options.critic_learning_rate, counters.updates);
    if (!act) return;
    scalars->actor =
        Constants(options.actor_learning_rate, ++counters.actor_steps);
    if (options.alpha_fixed != 0) return;
    scalars->temperature =
        Constants(options.alpha_learning_rate, ++counters.alpha_steps);
  }
  SF_HOST_DEVICE fused::AdamConstants<T> Constants(double learning_rate,
                                                   int64_t step) const {
    return fused::AdamAtStep<T>(learning_rate, options.adam_beta1,
                                options.adam_beta2, options.adam_epsilon, step);
  }
};

// The update's noise at s and at s'; index over pairs of numbers of each.
template <typename T>
struct DrawNoise {
  const UpdateScalars<T>* scalars;
  uint64_t seed;
  int64_t count;  // of numbers at s, and at s'
  T* noise;       // [2, count]

  SF_HOST_DEVICE void operator()(int64_t i) const {
    const int64_t pairs = (count + 1) / 2;
    const int64_t half = i / pairs, pair = i % pairs;
    const PhiloxStream stream = {
        seed, half == 0 ? kUpdateNoisePurpose : kUpdateNextNoisePurpose, 0,
        static_cast<uint64_t>(scalars->counters.updates)};
    const PhiloxWords words = stream.Block(static_cast<uint32_t>(pair / 2));
    const int64_t at = pair % 2 * 2;
    double normals[2];
    NormalPair(words.word[at], words.word[at + 1], &normals[0], &normals[1]);
    for (int64_t j = 2 * pair; j < count && j < 2 * pair + 2; ++j) {
      noise[half * count + j] =
          static_cast<T>(static_cast<float>(normals[j % 2]));
    }
  }
};

// The critics whose minimum is the target: the first places of a Fisher-Yates
// shuffle of all.
template <typename T>
struct DrawSubset {
  const UpdateScalars<T>* scalars;
  uint64_t seed;
  int32_t critics, wanted;
  int32_t* subset;  // [critics]

  SF_HOST_DEVICE void operator()(int64_t) const {
    const PhiloxStream stream = {
        seed, kTargetSubsetPurpose, 0,
        static_cast<uint64_t>(scalars->counters.updates)};
    for (int32_t k = 0; k < critics; ++k) subset[k] = k;
    uint64_t place = 0;
    for (int32_t i = 0; i < wanted; ++i) {
      uint64_t other = 0;
      while (!BoundedBelow(stream.U64(place++),
                           static_cast<uint64_t>(critics - i), &other)) {
      }
      const int32_t swapped = subset[i];
      subset[i] = subset[i + static_cast<int32_t>(other)];
      subset[i + static_cast<int32_t>(other)] = swapped;
    }
  }
};

// The critics' inputs (s, a), (s, .) and (s', .); index over [B, O + A].
template <typename T>
struct AssembleInputs {
  const T* observations;  // [2 B, O]
  const T* actions;       // [B, A]
  int64_t batch, observation_dim, action_dim;
  T* stored;
  T* pi;
  T* next;

  SF_HOST_DEVICE void operator()(int64_t i) const {
    const int64_t width = observation_dim + action_dim;
    const int64_t row = i / width, column = i % width;
    if (column >= observation_dim) {
      stored[i] = actions[row * action_dim + column - observation_dim];
      return;
    }
    const T here = observations[row * observation_dim + column];
    stored[i] = here;
    pi[i] = here;
    next[i] = observations[(batch + row) * observation_dim + column];
  }
};

// What the actor's head says at [s; s']; rows are [2 B].
template <typename T>
struct PolicySample {
  T* action;     // [2 B, A]
  T* deviation;  // [2 B, A]
  T* slope;      // [2 B, A] d log_std / d raw
  T* logp;       // [2 B]; discrete: sum of pi log_pi
  T* log_pi;     // [2 B, A], discrete
  T* pi;         // [2 B, A], discrete
};

// Samples actions at rows [first_row, ...) and writes them into the critics'
// inputs; a team for each row.
template <typename T>
struct SampleActions {
  const T* head;   // [2 B, 2 A]
  const T* noise;  // [2 B, A]
  fused::LogStdRange<T> range;
  T log_volume;
  int64_t batch, observation_dim, action_dim, first_row;
  PolicySample<T> sample;
  T* pi_input;    // [B, O + A]
  T* next_input;  // [B, O + A]

  template <typename Team>
  SF_HOST_DEVICE void operator()(const Team& team, int64_t index) const {
    const int64_t row = first_row + index;
    T* input = (row < batch ? pi_input : next_input) +
               row % batch * (observation_dim + action_dim) + observation_dim;
    double logp = 0;
    for (int64_t d = team.rank(); d < action_dim; d += team.size()) {
      const T* mean = head + row * 2 * action_dim + d;
      const int64_t at = row * action_dim + d;
      const fused::GaussianSample1d<T> one =
          fused::SampleGaussian1d(mean[0], mean[action_dim], noise[at], range);
      sample.action[at] = one.action;
      sample.deviation[at] = one.deviation;
      sample.slope[at] = one.log_std_slope;
      input[d] = one.action;
      logp += static_cast<double>(one.logp);
    }
    logp = team.Sum(logp);
    if (team.rank() == 0) {
      sample.logp[row] = static_cast<T>(logp) - log_volume;
    }
  }
};

// The same for discrete actions; index over rows.
template <typename T>
struct ActionProbabilities {
  const T* head;  // [2 B, A]
  int64_t action_dim, first_row;
  PolicySample<T> sample;

  SF_HOST_DEVICE void operator()(int64_t index) const {
    const int64_t row = first_row + index;
    const int64_t at = row * action_dim;
    sample.logp[row] = fused::LogSoftmax(head + at, action_dim,
                                         sample.log_pi + at, sample.pi + at);
  }
};

// One Adam step on log_alpha; one team.
template <typename T>
struct StepTemperature {
  UpdateScalars<T>* scalars;
  const T* logp;  // [B]
  int64_t batch;
  T target_entropy;
  T* log_alpha;  // [3]

  template <typename Team>
  SF_HOST_DEVICE void operator()(const Team& team, int64_t) const {
    double sum = 0;
    for (int64_t i = team.rank(); i < batch; i += team.size()) {
      sum += static_cast<double>(logp[i]);
    }
    const T mean = static_cast<T>(team.Sum(sum) / static_cast<double>(batch));
    if (team.rank() != 0) return;
    const T gradient = fused::LogAlphaGradient(mean, target_entropy);
    scalars->alpha_loss = log_alpha[0] * gradient;
    fused::AdamStep(scalars->temperature, gradient, &log_alpha[0],
                    &log_alpha[1], &log_alpha[2]);
  }
};

// Adam, and the targets' step where there are any; index over parameters.
template <typename T>
struct AdamSweep {
  const fused::AdamConstants<T>* constants;
  const T* gradient;
  T* parameter;
  T* first;
  T* second;
  T* target;  // or null
  T tau;

  SF_HOST_DEVICE void operator()(int64_t i) const {
    fused::AdamStep(*constants, gradient[i], &parameter[i], &first[i],
                    &second[i]);
    if (target != nullptr) {
      target[i] = fused::Polyak(target[i], parameter[i], tau);
    }
  }
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_UPDATE_KERNELS_H_
