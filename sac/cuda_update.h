// SPDX-License-Identifier: Apache-2.0
// The CUDA plug-in's update engine as an UpdateEngine, and what it does beyond
// one: a ring of rows on the device, and updates that draw from it without a
// wait for the host.
//
//   auto cuda = CudaUpdate::Create(plugin, 0, options, batch_size, seed);
//   (*cuda)->AttachRows(rows, [&](uint64_t update, TransitionBatch* batch) {
//     return sampler.Draw(update, batch);  // where the ring does not fit
//   });
//   table.CopyTo(cuda->get());  // rows on the device are those of the table
//   (*cuda)->Train(5);
//
// Update number u draws its rows, noise and critics from the streams of (seed,
// purpose, 0, u), as a learner on the CPU does. One thread at a time.
#ifndef SOFTFLEET_SAC_CUDA_UPDATE_H_
#define SOFTFLEET_SAC_CUDA_UPDATE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experience/interfaces.h"
#include "replay/batch.h"
#include "replay/table.h"
#include "sac/cuda/engine_options.h"
#include "sac/cuda_plugin.h"
#include "sac/ring/ring_feed.h"
#include "sac/update_engine.h"

namespace softfleet {

// The rows that an engine's updates learn from.
struct CudaRows {
  TableOptions table;
  int n_step = 1;
  double gamma = 0.99;
  double reward_scale = 1;
  bool normalise = false;  // see SetNormaliser
  // Prioritized replay: masses priority^priority_exponent, weights with an
  // exponent that rises from `begin` to `end` over so many updates.
  bool prioritized = false;
  double priority_exponent = 0.6;
  double importance_begin = 0.4;
  double importance_end = 1;
  double importance_updates = 1e6;
  // Most bytes of the device's memory that the ring may take; 0: nine tenths
  // of what is free.
  uint64_t device_budget = 0;
};

// Fills a batch for an update, as learner/row_sampler.h's Draw; rewards scaled
// and observations normalised already.
using DrawRowsFunction =
    std::function<absl::Status(uint64_t update, TransitionBatch* batch)>;

class CudaUpdate : public UpdateEngine, public TableCopy {
 public:
  // FailedPrecondition: no such device; InvalidArgument: options that this
  // engine has no path for; Internal: the device's reason. `tf32`: products of
  // float32 with ten bits of mantissa, several times as fast.
  static absl::StatusOr<std::unique_ptr<CudaUpdate>> Create(
      const CudaPlugin& plugin, int device, const SacOptions& options,
      int64_t batch_size, uint64_t seed, bool tf32 = false);
  ~CudaUpdate() override;

  // One update on a batch of batch_size rows. Waits only where `statistics`
  // are wanted; gives no trace. Throws std::runtime_error with the device's
  // reason, as LibTorch does.
  void Update(const SacBatch& batch, const SacDraws& draws,
              SacStatistics* statistics, SacTrace* trace) override;
  // Fetches the state from the device, once after updates.
  const std::vector<SacStateView>& State() override;
  // Fetches of it the actor and the temperature.
  const std::vector<SacStateView>& PolicyState() override;
  SacCounters& counters() override { return counters_; }

  // Updates as graph launches (the default), or launch by launch.
  absl::Status UseGraphs(bool graphs);

  // Puts a ring on the device; where it does not fit, says so in the log with
  // both sizes, and Train draws its batches by `host_rows` instead, each while
  // the device does the update before. Call once.
  absl::Status AttachRows(const CudaRows& rows, DrawRowsFunction host_rows);
  bool rows_on_device() const { return feed_.has_value(); }
  // Stores a checked block in the ring; nothing to do without one.
  absl::Status Append(const StepBlock& block) override;
  // Mean and 1 / standard deviation of a frame's elements, applied to what is
  // gathered from the ring from now on.
  absl::Status SetNormaliser(const std::vector<double>& mean,
                             const std::vector<double>& scale);
  // Goes on from another ring: its columns go to the device as they lie in the
  // host's memory. Nothing to do without a ring.
  absl::Status Load(const Ring& ring, const Streams& streams) override;

  // `count` updates. Waits for none.
  absl::Status Train(int64_t count);
  // Of the last update; waits for it.
  absl::StatusOr<SacStatistics> Statistics();

  // The last update's batch as BatchLayout lays it out, and as an update on the
  // CPU would be given it; wait for it.
  absl::StatusOr<std::vector<std::byte>> ReadBatch();
  absl::StatusOr<TransitionBatch> ReadRows();

 private:
  CudaUpdate(const CudaPlugin& plugin, const SacCudaOptions& options);

  template <typename Function, typename... Arguments>
  absl::Status Call(Function function, Arguments... arguments);
  // Counts an update that is about to be launched.
  void CountUpdate();
  // Sends the state to the device if the host's was written to.
  absl::Status SendState();
  absl::Status FetchState();
  absl::Status UpdateFrom(const SacBatch& batch, const SacDraws& draws,
                          bool noise);
  absl::Status TrainFromHost(int64_t count);

  const SacCudaEngineApi* api_;
  CudaPlugin plugin_;
  SacCudaOptions options_;
  int device_ = 0;
  SacCudaEngine* engine_ = nullptr;

  // The state as it was fetched, and the copy that State() shows.
  std::vector<double> memory_, fetched_;  // of either precision
  std::vector<SacStateView> views_;
  SacCounters counters_, fetched_counters_;
  bool shown_ = true;         // somebody may have written through State()
  bool fresh_ = true;         // memory_ is what the device has
  bool policy_fresh_ = true;  // and what PolicyState shows of it

  std::optional<RingFeed> feed_;
  DrawRowsFunction host_rows_;
  TransitionBatch batch_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_UPDATE_H_
