// SPDX-License-Identifier: Apache-2.0
// Steps per second of a whole actor beside bare stepping of its environments,
// in turn on the same cores.
//
// Bare: T threads step their share of the environments one after another with
// uniform random actions, observing every step. The actor: the rollout loop
// with T stepping threads (0: it steps itself) and the configuration's other
// defaults, a policy of two hidden layers that is replaced 20 times a second,
// and an insert session to a softfleet-replay-server on loopback, whose rows
// another process follows as a learner does. Speeds are by the clock; what each
// process used of the processors is told in CPU microseconds per step.
//   actor_loop [--json] [--seconds 2] [--repetitions 5] [--threads 0 1 2]
//              [--environment HalfCheetah-v5] [--environments 16]
//              [--hidden 256]
#include "actor/actor_loop.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "actor/actor_config.h"
#include "benchmarks/bare_stepping.h"
#include "benchmarks/or_die.h"
#include "benchmarks/shard_process.h"
#include "cli/local_cluster.h"
#include "cli/subprocess.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/mutex.h"
#include "core/philox.h"
#include "environments/registry.h"
#include "run/config.h"
#include "transport/channel.h"
#include "transport/insert_client.h"
#include "transport/shard_link.h"

namespace softfleet {
namespace {

constexpr int64_t kCapacity = 200'000;

struct Options {
  bool json = false;
  double seconds = 2;
  int repetitions = 5;
  std::vector<int> threads = {0, 1, 2};
  std::string environment = "HalfCheetah-v5";
  int environments = 16;
  int64_t hidden = 256;
  std::string follow;  // be the learner of the shard at this address
};

absl::Duration Now() { return SystemClock().Monotonic(); }

v1::RunConfig Config(const Options& options, int threads) {
  v1::RunConfig config;
  config.mutable_environment()->set_name(options.environment);
  config.mutable_actor()->set_num_environments(options.environments);
  config.mutable_actor()->set_step_threads(threads);
  return WithDefaults(config);
}

Schema SchemaOf(const Options& options) {
  EnvironmentOptions wanted;
  wanted.name = options.environment;
  return MakeSchema(OrDie(MakeEnvironment(wanted))->spec(), 1);
}

struct Speed {
  double steps_per_second = 0;
  // CPU microseconds per step of each process.
  double actor = 0, server = 0, learner = 0;
};

// What `steps` steps cost since its construction.
class Meter {
 public:
  explicit Meter(std::vector<pid_t> processes)
      : processes_(std::move(processes)), begin_(Now()) {
    for (const pid_t pid : processes_) cpu_.push_back(CpuSeconds(pid));
  }
  absl::Duration elapsed() const { return Now() - begin_; }
  Speed Per(uint64_t steps) const {
    const auto n = static_cast<double>(steps);
    Speed speed;
    speed.steps_per_second = n / absl::ToDoubleSeconds(elapsed());
    double* const costs[] = {&speed.actor, &speed.server, &speed.learner};
    for (size_t i = 0; i < processes_.size(); ++i) {
      *costs[i] = 1e6 * (CpuSeconds(processes_[i]) - cpu_[i]) / n;
    }
    return speed;
  }

 private:
  const std::vector<pid_t> processes_;
  const absl::Duration begin_;
  std::vector<double> cpu_;
};

// ---- The actor ----

// A random policy as one is when training begins, published again and again.
class Policies : public PolicySource {
 public:
  Policies(const Schema& schema, int64_t hidden) {
    snapshot_.schema = schema;
    snapshot_.head.kind = "squashed_gaussian";
    AddLinear("actor/l0", schema.ObservationElements(), hidden);
    snapshot_.layers.push_back({"relu", ""});
    AddLinear("actor/l1", hidden, hidden);
    snapshot_.layers.push_back({"relu", ""});
    AddLinear("actor/out", hidden, 2 * schema.action.dimension);
  }

  absl::StatusOr<std::shared_ptr<const Snapshot>> Latest(
      uint64_t have) override {
    constexpr absl::Duration kPublish = absl::Milliseconds(50);
    if (have > 0 && Now() < next_) return nullptr;
    next_ = Now() + kPublish;
    ++snapshot_.version;
    return std::make_shared<const Snapshot>(snapshot_);
  }

 private:
  // As torch.nn.Linear begins.
  void AddLinear(const std::string& name, int64_t inputs, int64_t outputs) {
    const double bound = 1 / std::sqrt(static_cast<double>(inputs));
    const auto draw = [&](int64_t count) {
      std::vector<float> values;
      for (int64_t i = 0; i < count; ++i) {
        values.push_back(
            static_cast<float>(bound * (2 * random_.NextUniform() - 1)));
      }
      return values;
    };
    snapshot_.layers.push_back({"linear", name});
    snapshot_.tensors[name + ".weight"] =
        Tensor::From(draw(inputs * outputs), {outputs, inputs});
    snapshot_.tensors[name + ".bias"] = Tensor::From(draw(outputs), {outputs});
  }

  Philox random_{2, Purpose::kTest};
  Snapshot snapshot_;
  absl::Duration next_;
};

// A shard, and the process that follows its rows.
struct System {
  ShardProcess shard;
  std::unique_ptr<Subprocess> learner;
};

System StartSystem(const Options& options, const std::string& folder) {
  System system{StartShard(folder), nullptr};
  system.learner = OrDie(Subprocess::Start(
      {OrDie(ProgramDirectory()) + "/actor_loop", "--follow",
       system.shard.address, "--environment", options.environment},
      folder + "/learner.log"));
  return system;
}

// Takes the shard's rows until this process is ended.
[[noreturn]] void Follow(const Options& options) {
  const Schema schema = SchemaOf(options);
  Mutex mutex;
  Condition arrived;
  bool news = false;
  ShardLink link(
      OrDie(MakeChannel(options.follow, Security())),
      {options.follow, MakeAttach(schema, kCapacity), schema, {}, [&] {
         const MutexLock lock(mutex);
         news = true;
         arrived.NotifyOne();
       }});
  for (int64_t received = 0;;) {
    link.SetProgress(EverythingAllowed(received, kCapacity));
    {
      MutexLock lock(mutex);
      arrived.Wait(lock, [&] { return news; });
      news = false;
    }
    while (const std::optional<ShardDelivery> delivery = link.Take()) {
      for (const auto& item : delivery->items) received += item.block.rows;
    }
  }
}

// One actor as softfleet-actor runs it.
class Actor {
 public:
  Actor(const Options& options, const System& system, int threads)
      : policies_(SchemaOf(options), options.hidden), insert_(registry_) {
    const v1::RunConfig config = Config(options, threads);
    InsertClient::Options session;
    session.run_id = kBenchmarkRun;
    session.schema = SchemaOf(options);
    session.client = "benchmark";
    session.pending_rows = config.actor().pending_rows();
    session.buffer_bytes = config.actor().buffer_bytes();
    session_ = OrDie(InsertClient::Create(
        OrDie(MakeChannel(system.shard.address, Security())), session,
        insert_));
    loop_ = OrDie(
        ActorLoop::Create(MakeActorOptions(config), *session_, policies_));
  }

  // Steps until `done`; steps taken.
  template <typename Done>
  uint64_t Run(Done done) {
    const uint64_t begin = loop_->counts().steps;
    while (!done()) {
      Check(session_->status());
      CheckUnlessFull(loop_->CutBlocks());
      if (session_->WaitForRoom(absl::Milliseconds(100))) {
        CheckUnlessFull(loop_->RunOnce());
      }
    }
    return loop_->counts().steps - begin;
  }
  bool warm() const {
    return session_->counts().acknowledged > 0 && loop_->counts().steps > 1000;
  }
  void Finish() {
    loop_->Stop(absl::Seconds(1));
    Check(session_->Finish(absl::Seconds(10)));
  }

 private:
  static void CheckUnlessFull(const absl::Status& status) {
    if (!absl::IsResourceExhausted(status)) Check(status);
  }

  MetricRegistry registry_;
  Policies policies_;
  InsertMetrics insert_;
  std::unique_ptr<InsertClient> session_;
  std::unique_ptr<ActorLoop> loop_;
};

Speed MeasureActor(const Options& options, const System& system, int threads) {
  Actor actor(options, system, threads);
  actor.Run([&] { return actor.warm(); });
  const Meter meter(
      {::getpid(), system.shard.process->pid(), system.learner->pid()});
  const uint64_t steps = actor.Run(
      [&] { return meter.elapsed() >= absl::Seconds(options.seconds); });
  const Speed speed = meter.Per(steps);
  actor.Finish();
  return speed;
}

// ---- The report ----

nlohmann::json Spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {{"median", values[values.size() / 2]},
          {"min", values.front()},
          {"max", values.back()}};
}

// Of one number of threads, by name.
using Figures = std::map<std::string, std::vector<double>>;

void MeasureOnce(const Options& options, const System& system, int threads,
                 BareStepping& bare_stepping, Figures* figures) {
  const auto add = [&](const char* name, double value) {
    (*figures)[name].push_back(value);
  };
  const Meter meter({::getpid()});
  const uint64_t steps =
      bare_stepping.Run(static_cast<size_t>(std::max(threads, 1)),
                        absl::Seconds(options.seconds));
  const Speed bare = meter.Per(steps);
  const Speed actor = MeasureActor(options, system, threads);
  add("bare", bare.steps_per_second);
  add("actor", actor.steps_per_second);
  add("ratio", actor.steps_per_second / bare.steps_per_second);
  add("bare_cpu_us", bare.actor);
  add("actor_cpu_us", actor.actor);
  add("server_cpu_us", actor.server);
  add("learner_cpu_us", actor.learner);
}

void Print(const nlohmann::json& result) {
  std::printf("%d threads", result.at("threads").get<int>());
  for (const char* name : {"bare", "actor"}) {
    const nlohmann::json& spread = result.at(name);
    std::printf(" | %s %6.0f steps/s (%.0f-%.0f)", name,
                spread.at("median").get<double>(),
                spread.at("min").get<double>(), spread.at("max").get<double>());
  }
  const nlohmann::json& ratio = result.at("ratio");
  std::printf(" | ratio %.3f (%.3f-%.3f)", ratio.at("median").get<double>(),
              ratio.at("min").get<double>(), ratio.at("max").get<double>());
  std::printf(
      " | CPU us per step: bare %.1f, actor %.1f, server %.2f, learner "
      "%.2f\n",
      result.at("bare_cpu_us").at("median").get<double>(),
      result.at("actor_cpu_us").at("median").get<double>(),
      result.at("server_cpu_us").at("median").get<double>(),
      result.at("learner_cpu_us").at("median").get<double>());
}

void Measure(const Options& options, const System& system) {
  BareStepping bare_stepping(options.environment, options.environments);
  std::map<int, Figures> figures;
  for (int i = 0; i < options.repetitions; ++i) {
    for (const int threads : options.threads) {
      MeasureOnce(options, system, threads, bare_stepping, &figures[threads]);
    }
  }
  nlohmann::json results = nlohmann::json::array();
  for (const auto& [threads, values] : figures) {
    nlohmann::json result = {{"threads", threads}};
    for (const auto& [name, numbers] : values) result[name] = Spread(numbers);
    if (!options.json) Print(result);
    results.push_back(std::move(result));
  }
  if (options.json) std::printf("%s\n", results.dump(2).c_str());
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Steps per second of an actor beside bare stepping");
  app.add_flag("--json", options.json, "Print JSON");
  app.add_option("--seconds", options.seconds, "Of one measurement");
  app.add_option("--repetitions", options.repetitions);
  app.add_option("--threads", options.threads, "That step; one case each");
  app.add_option("--environment", options.environment, "Continuous actions");
  app.add_option("--environments", options.environments);
  app.add_option("--hidden", options.hidden, "Units of both hidden layers");
  app.add_option("--follow", options.follow)->group("");
  CLI11_PARSE(app, argc, argv);
  if (!options.follow.empty()) Follow(options);
  const std::string folder = MakeBenchmarkFolder("actor_loop");
  Measure(options, StartSystem(options, folder));
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace softfleet

int main(int argc, char** argv) { return softfleet::Main(argc, argv); }
