// SPDX-License-Identifier: Apache-2.0
#include "transport/server_host.h"

#include <gmock/gmock.h>
#include <grpc/grpc.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/mutex.h"
#include "core/thread.h"
#include "softfleet/v1/learner.grpc.pb.h"
#include "tests/transport/random_values.h"
#include "transport/channel.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr absl::Duration kTimeout = absl::Seconds(10);

// Every method is unimplemented.
grpc::Service& NoAnswers() {
  static v1::LearnerService::CallbackService service;
  return service;
}

absl::StatusOr<std::unique_ptr<ServerHost>> Start(const std::string& address,
                                                  bool insecure = false) {
  ServerHost::Options options;
  options.address = address;
  options.security.insecure = insecure;
  options.services = {&NoAnswers()};
  return ServerHost::Start(std::move(options));
}

std::unique_ptr<ServerHost> StartOrDie(std::vector<grpc::Service*> services = {
                                           &NoAnswers()}) {
  ServerHost::Options options;
  options.services = std::move(services);
  auto host = ServerHost::Start(std::move(options));
  EXPECT_TRUE(host.ok()) << host.status();
  return host.ok() ? *std::move(host) : nullptr;
}

absl::Status Probe(const ServerHost& host, const std::string& service) {
  return ProbeHealth(host.address(), {}, service, kTimeout);
}

TEST(ServerHost, PortZeroBecomesAFreePortThatTheAddressNames) {
  const auto host = StartOrDie();
  EXPECT_GT(host->port(), 0);
  EXPECT_EQ(host->address(), absl::StrCat("127.0.0.1:", host->port()));
}

TEST(ServerHost, IsNotServingUntilToldSo) {
  const auto host = StartOrDie();
  const absl::Status before = Probe(*host, "");
  EXPECT_EQ(before.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(before.message(), HasSubstr("NOT_SERVING"));
  host->SetServing("", true);
  EXPECT_EQ(Probe(*host, ""), absl::OkStatus());
}

TEST(ServerHost, EachServiceHasAHealthOfItsOwn) {
  const auto host = StartOrDie();
  host->SetServing("", true);
  host->SetServing("softfleet.v1.ReplayService", false);
  EXPECT_EQ(Probe(*host, ""), absl::OkStatus());
  EXPECT_THAT(Probe(*host, "softfleet.v1.ReplayService").message(),
              HasSubstr("NOT_SERVING"));
  EXPECT_FALSE(Probe(*host, "nobody").ok());
}

TEST(ServerHost, ATakenPortIsAnErrorThatSaysWhatToDo) {
  const auto first = StartOrDie();
  const auto second = Start(first->address());
  ASSERT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(second.status().message(),
              AllOf(HasSubstr(first->address()), HasSubstr("in use"),
                    HasSubstr("another port")));
}

TEST(ServerHost, APortIsFreeAgainAtOnce) {
  auto host = StartOrDie();
  const std::string address = host->address();
  host->SetServing("", true);
  ASSERT_EQ(Probe(*host, ""), absl::OkStatus());
  host.reset();
  const auto again = Start(address);
  EXPECT_TRUE(again.ok()) << again.status();
}

TEST(ServerHost, AnAddressOfAnotherMachineIsAnErrorThatSaysWhatToDo) {
  // TEST-NET-1 (RFC 5737) belongs to nobody.
  const auto host = Start("192.0.2.1:7201", /*insecure=*/true);
  ASSERT_EQ(host.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(host.status().message(),
              AllOf(HasSubstr("192.0.2.1:7201"), HasSubstr("0.0.0.0")));
}

TEST(ServerHost, WithoutServicesThereIsNothingToStart) {
  EXPECT_EQ(ServerHost::Start({}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ServerHost, MalformedAddressesAreRefused) {
  for (const std::string address : {"", "7200", "host:", "host:99999", ":1"}) {
    EXPECT_EQ(Start(address).status().code(),
              absl::StatusCode::kInvalidArgument)
        << address;
  }
}

TEST(ServerHost, BeyondLoopbackPlaintextMustBeSpelledOut) {
  const auto refused = Start("0.0.0.0:0");
  ASSERT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.status().message(),
              AllOf(HasSubstr("0.0.0.0:0"), HasSubstr("--tls_cert"),
                    HasSubstr("--insecure")));
  const auto allowed = Start("0.0.0.0:0", /*insecure=*/true);
  ASSERT_TRUE(allowed.ok()) << allowed.status();
  EXPECT_GT((*allowed)->port(), 0);
}

// Answers Join when told to, or when the call is cancelled.
class WaitingService final : public v1::LearnerService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Join(grpc::CallbackServerContext* context,
                                 const v1::JoinRequest* request,
                                 v1::JoinReply* reply) override {
    class Reactor : public grpc::ServerUnaryReactor {
     public:
      explicit Reactor(WaitingService* service) : service_(service) {}
      void OnCancel() override { service_->Answer(grpc::Status::CANCELLED); }
      void OnDone() override { delete this; }

     private:
      WaitingService* service_;
    };
    (void)context;
    (void)request;
    reply->set_run_id("answered");
    auto* reactor = new Reactor(this);
    MutexLock lock(mutex_);
    waiting_ = reactor;
    changed_.NotifyAll();
    return reactor;
  }
  void WaitForCall() {
    MutexLock lock(mutex_);
    changed_.Wait(lock, [this] { return waiting_ != nullptr; });
  }
  void Answer(const grpc::Status& status) {
    grpc::ServerUnaryReactor* reactor;
    {
      MutexLock lock(mutex_);
      reactor = std::exchange(waiting_, nullptr);
    }
    if (reactor != nullptr) reactor->Finish(status);
  }

 private:
  Mutex mutex_;
  Condition changed_;
  grpc::ServerUnaryReactor* waiting_ = nullptr;
};

grpc::Status CallJoin(const std::string& address, const std::string& name) {
  auto channel = MakeChannel(address, {});
  EXPECT_TRUE(channel.ok()) << channel.status();
  const auto stub = v1::LearnerService::NewStub(*channel);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kTimeout));
  v1::JoinRequest request;
  request.set_name(name);
  v1::JoinReply reply;
  return stub->Join(&context, request, &reply);
}

TEST(ServerHost, DrainingLetsCallsInFlightEnd) {
  WaitingService service;
  const auto host = StartOrDie({&service});
  host->SetServing("", true);
  grpc::Status status;
  Thread caller("caller", [&] { status = CallJoin(host->address(), ""); });
  service.WaitForCall();
  Thread drain("drain", [&] { host->Drain(kTimeout); });
  // Until it drains; a call that comes in just then may stay without an answer.
  while (ProbeHealth(host->address(), {}, "", absl::Milliseconds(300)).ok()) {
  }
  service.Answer(grpc::Status::OK);
  drain.Join();
  caller.Join();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST(ServerHost, DrainingCancelsWhatOutlivesTheGrace) {
  WaitingService service;
  const auto host = StartOrDie({&service});
  grpc::Status status;
  Thread caller("caller", [&] { status = CallJoin(host->address(), ""); });
  service.WaitForCall();
  host->Drain(absl::Milliseconds(1));
  caller.Join();
  EXPECT_FALSE(status.ok());
}

TEST(ServerHost, GarbageOnTheSocketHurtsNobody) {
  const auto host = StartOrDie();
  host->SetServing("", true);
  for (uint64_t seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomValues random(seed);
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(host->port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address),
                        sizeof(address)),
              0);
    // Half of them begin as HTTP/2 does.
    const std::string bytes =
        absl::StrCat(random.Coin() ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" : "",
                     random.Bytes(random.Integer(1, 100'000)));
    ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ASSERT_EQ(Probe(*host, ""), absl::OkStatus());
    ::close(socket);
  }
}

TEST(ServerHost, ServesTwoHundredConnections) {
  const auto host = StartOrDie();
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < 200; ++i) {
    channels.push_back(*MakeChannel(host->address(), {}));
    channels.back()->GetState(/*try_to_connect=*/true);
  }
  const auto deadline = absl::ToChronoTime(absl::Now() + kTimeout);
  for (const auto& channel : channels) {
    EXPECT_TRUE(channel->WaitForConnected(deadline));
  }
}

TEST(ServerHost, RefusesAMessageOverTheLimit) {
  WaitingService service;
  const auto host = StartOrDie({&service});
  // A client without this program's own limit.
  grpc::ChannelArguments arguments;
  arguments.SetMaxSendMessageSize(-1);
  const auto channel = grpc::CreateCustomChannel(
      host->address(), grpc::InsecureChannelCredentials(), arguments);
  const auto stub = v1::LearnerService::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kTimeout));
  v1::JoinRequest request;
  request.set_name(std::string(kMaxMessageBytes + 1, 'x'));
  v1::JoinReply reply;
  const grpc::Status status = stub->Join(&context, request, &reply);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(Channel, DoesNotSendAMessageOverTheLimit) {
  WaitingService service;
  const auto host = StartOrDie({&service});
  const grpc::Status status =
      CallJoin(host->address(), std::string(kMaxMessageBytes + 1, 'x'));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(Channel, AddressesThatNobodyCanCallAreRefused) {
  for (const std::string address : {"", "learner", "learner:", "127.0.0.1:0"}) {
    EXPECT_EQ(MakeChannel(address, {}).status().code(),
              absl::StatusCode::kInvalidArgument)
        << address;
  }
}

TEST(Channel, BeyondLoopbackPlaintextMustBeSpelledOut) {
  const auto refused = MakeChannel("learner:7200", {});
  ASSERT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.status().message(),
              AllOf(HasSubstr("learner:7200"), HasSubstr("--tls_cert"),
                    HasSubstr("--insecure")));
  Security insecure;
  insecure.insecure = true;
  EXPECT_TRUE(MakeChannel("learner:7200", insecure).ok());
  EXPECT_TRUE(MakeChannel("localhost:7200", {}).ok());
  EXPECT_TRUE(MakeChannel("[::1]:7200", {}).ok());
}

TEST(ProbeHealth, SaysThatNobodyAnswers) {
  auto host = StartOrDie();
  const std::string address = host->address();
  host.reset();
  const absl::Status status = ProbeHealth(address, {}, "", kTimeout);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr(address));
}

}  // namespace
}  // namespace softfleet
