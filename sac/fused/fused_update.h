// SPDX-License-Identifier: Apache-2.0
// The SAC update (its steps: reference_update.h) by hand: forward and backward
// over flat buffers, no allocation, lock or autograd. One update is four
// regions that the threads share, each without order among its tasks:
//
//   1. by rows of the batch: actor at s and s', target critics, y, critics at
//      the stored actions, back to their hidden layers
//   2. by rows of weights: critics' gradients, Adam, targets
//   3. by rows of the batch: the critics just updated at the policy's actions,
//      back to those actions and on to the actor's hidden layers
//   4. by rows of weights: the actor's gradients, Adam
//
// Every number is one sum in one order, whoever computes it: results are the
// same bits for any number of threads.
#ifndef SOFTFLEET_SAC_FUSED_FUSED_UPDATE_H_
#define SOFTFLEET_SAC_FUSED_FUSED_UPDATE_H_

#include <memory>
#include <string>
#include <vector>

#include "sac/fused/batch_memory.h"
#include "sac/fused/network.h"
#include "sac/fused/thread_pool.h"
#include "sac/update_engine.h"

namespace softfleet::fused {

// For options.precision, on options.threads threads, with the kernels that
// SOFTFLEET_ISA names, or the best. Null where this machine has none such; then
// *error says what there is.
std::unique_ptr<UpdateEngine> MakeFusedUpdate(const SacOptions& options,
                                              std::string* error);

// Parameters that Adam moves, and what it needs; all of one layout.
template <typename T>
struct TrainedBuffers {
  explicit TrainedBuffers(int64_t size)
      : parameters(size), gradients(size), first(size), second(size) {}
  Buffer<T> parameters, gradients, first, second;
};

template <typename T>
class FusedUpdate : public UpdateEngine {
 public:
  FusedUpdate(const SacOptions& options, const Kernels<T>& kernels);

  void Update(const SacBatch& batch, const SacDraws& draws,
              SacStatistics* statistics, SacTrace* trace) override;
  const std::vector<SacStateView>& State() override;
  SacCounters& counters() override { return counters_; }
  bool MarkPhases(PhaseClock* clock) override {
    clock_ = clock;
    return true;
  }

 private:
  // Rows [begin, end) of a layer of one network.
  struct WeightRows {
    int network;
    size_t layer;
    int begin, end;
  };
  struct Rows {
    int begin, count;
  };

  // fused_update.cc
  void ListState();
  static std::vector<WeightRows> SplitWeights(const NetworkLayout& layout,
                                              int networks);
  void PackEverything();
  Rows RowsOf(int block) const;
  int blocks() const;
  // Shares tasks; the other threads' phases end with them.
  template <typename Function>
  void Share(int tasks, Function function) {
    pool_.Run(tasks, [this, &function](int task, int thread) {
      function(task, thread);
      if (thread != 0) LeavePhase(clock_, thread);
    });
  }

  // value_pass.cc: region 1.
  void ValueBlock(Rows rows, int thread);
  void LoadInputs(Rows rows);
  void Act(const Matrix<T>& input, const float* noise, const Tape<T>& tape,
           int first, Rows rows, const PolicyRows<T>& policy);
  void SampleActions(const Matrix<T>& input, const float* noise, Rows rows,
                     const PolicyRows<T>& policy);
  void Target(Rows rows);
  T LowestTarget(int64_t row, int64_t column) const;
  void TdErrors(Rows rows, int critic);

  // policy_pass.cc: region 3.
  void PolicyBlock(Rows rows, int thread);
  void AssignRows(Rows rows, ThreadMemory<T>* memory) const;
  void ActionGradients(Rows rows, ThreadMemory<T>* memory);
  void GaussianHeadGradients(Rows rows, const ThreadMemory<T>& memory);
  void CategoricalHeadGradients(Rows rows);

  // steps.cc: regions 2 and 4, temperature.
  void StepTemperature();
  void StepCritics();
  void StepActor();

  // measurements.cc
  T StoredQ(int critic, int64_t row) const;
  void Measure(SacStatistics* statistics) const;
  void MeasurePolicy(SacStatistics* statistics) const;
  void Trace(SacTrace* trace) const;

  const SacOptions options_;
  const Kernels<T>& kernels_;
  const NetworkLayout actor_layout_, critic_layout_;
  TrainedBuffers<T> actor_buffers_, critic_buffers_;
  Buffer<T> target_parameters_;
  // log_alpha, its two moments, the temperature that was used.
  T log_alpha_[3] = {};
  T alpha_used_ = 0;
  SacCounters counters_;
  std::vector<SacStateView> state_;

  Network<T> actor_;
  std::vector<Network<T>> critics_, targets_;
  std::vector<WeightRows> actor_rows_, critic_rows_;
  // Somebody may have written through State() since weights were packed.
  bool stale_ = true;

  BatchMemory<T> memory_;
  ThreadPool pool_;
  PhaseClock* clock_ = nullptr;

  // Of the update in progress.
  SacBatch batch_;
  SacDraws draws_;
  bool acts_ = false;
  T log_alpha_gradient_ = 0;
  T log_alpha_before_ = 0;
};

extern template class FusedUpdate<float>;
extern template class FusedUpdate<double>;

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_FUSED_UPDATE_H_
