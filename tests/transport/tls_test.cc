// SPDX-License-Identifier: Apache-2.0
// Mutual TLS over real sockets, with certificates made for the test.
#include "transport/tls.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "core/file_system.h"
#include "softfleet/v1/learner.grpc.pb.h"
#include "tests/transport/certificates.h"
#include "transport/channel.h"
#include "transport/server_host.h"
#include "transport/status.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kLocal[] = "IP:127.0.0.1,DNS:localhost";
constexpr absl::Duration kTimeout = absl::Seconds(10);

// A call that is answered with UNIMPLEMENTED got through. `wait_for_ready`: it
// waits, within its deadline, for a connection.
absl::Status Call(const std::shared_ptr<grpc::Channel>& channel,
                  bool wait_for_ready = false) {
  const auto stub = v1::LearnerService::NewStub(channel);
  grpc::ClientContext context;
  context.set_wait_for_ready(wait_for_ready);
  context.set_deadline(absl::ToChronoTime(absl::Now() + kTimeout));
  v1::LearnerInfoReply reply;
  const absl::Status status = FromGrpcStatus(stub->Info(&context, {}, &reply));
  if (status.code() == absl::StatusCode::kUnimplemented) {
    return absl::OkStatus();
  }
  return status.ok() ? absl::InternalError("nobody implements it") : status;
}

class TlsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!Certificates::Available()) {
      GTEST_SKIP() << "there is no openssl command";
    }
    made_.emplace();
    made_->MakeAuthority("authority");
    server_ = made_->Make("server", "authority", kLocal);
    client_ = made_->Make("client", "authority", "DNS:actor");
  }

  std::unique_ptr<ServerHost> Serve(const TlsFiles& files,
                                    const std::string& address) {
    ServerHost::Options options;
    options.address = address;
    options.security.tls = files;
    options.services = {&service_};
    auto host = ServerHost::Start(options);
    EXPECT_TRUE(host.ok()) << host.status();
    if (!host.ok()) return nullptr;
    (*host)->SetServing("", true);
    return *std::move(host);
  }
  std::unique_ptr<ServerHost> Serve() { return Serve(server_, "127.0.0.1:0"); }

  absl::Status CallWith(const TlsFiles& files, const std::string& address) {
    Security security;
    security.tls = files;
    const auto channel = MakeChannel(address, security);
    return channel.ok() ? Call(*channel) : channel.status();
  }

  // What a server and a client say of these files.
  absl::Status StartError(const TlsFiles& files) {
    ServerHost::Options options;
    options.security.tls = files;
    options.services = {&service_};
    const absl::Status status = ServerHost::Start(options).status();
    EXPECT_EQ(CallWith(files, "127.0.0.1:1"), status);
    return status;
  }

  v1::LearnerService::CallbackService service_;
  std::optional<Certificates> made_;
  TlsFiles server_;
  TlsFiles client_;
};

TEST_F(TlsTest, AClientOfTheSameAuthorityGetsThrough) {
  const auto host = Serve();
  EXPECT_EQ(CallWith(client_, host->address()), absl::OkStatus());
}

TEST_F(TlsTest, ListensBeyondLoopbackWithoutInsecure) {
  const auto host = Serve(server_, "0.0.0.0:0");
  ASSERT_NE(host, nullptr);
  EXPECT_EQ(CallWith(client_, absl::StrCat("127.0.0.1:", host->port())),
            absl::OkStatus());
}

TEST_F(TlsTest, AClientWithoutACertificateIsRefused) {
  const auto host = Serve();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = *RealFileSystem().Read(client_.authority);
  const auto channel =
      grpc::CreateChannel(host->address(), grpc::SslCredentials(options));
  EXPECT_EQ(Call(channel).code(), absl::StatusCode::kUnavailable);
  // The same with a certificate is a good client.
  options.pem_cert_chain = *RealFileSystem().Read(client_.certificate);
  options.pem_private_key = *RealFileSystem().Read(client_.key);
  EXPECT_EQ(
      Call(grpc::CreateChannel(host->address(), grpc::SslCredentials(options))),
      absl::OkStatus());
}

TEST_F(TlsTest, AClientOfAnotherAuthorityIsRefused) {
  const auto host = Serve();
  made_->MakeAuthority("other");
  TlsFiles stranger = made_->Make("stranger", "other", kLocal);
  stranger.authority = client_.authority;  // it trusts the server
  EXPECT_EQ(CallWith(stranger, host->address()).code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, AServerOfAnotherAuthorityIsRefused) {
  made_->MakeAuthority("other");
  TlsFiles stranger = made_->Make("stranger", "other", kLocal);
  stranger.authority = client_.authority;  // it trusts the client
  const auto host = Serve(stranger, "127.0.0.1:0");
  EXPECT_EQ(CallWith(client_, host->address()).code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, PlaintextDoesNotGetThrough) {
  const auto host = Serve();
  const auto channel = MakeChannel(host->address(), {});
  ASSERT_TRUE(channel.ok()) << channel.status();
  const absl::Status status = Call(*channel);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("does it want TLS?"));
}

TEST_F(TlsTest, AServerWithoutTlsDoesNotGetThroughToAClientWithIt) {
  ServerHost::Options options;
  options.services = {&service_};
  const auto host = ServerHost::Start(options);
  ASSERT_TRUE(host.ok()) << host.status();
  const absl::Status status = CallWith(client_, (*host)->address());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("does it speak without TLS?"));
}

TEST_F(TlsTest, AServersCertificateMustNameTheHostThatIsCalled) {
  const TlsFiles elsewhere =
      made_->Make("elsewhere", "authority", "DNS:replay.example");
  const auto host = Serve(elsewhere, "127.0.0.1:0");
  EXPECT_EQ(CallWith(client_, host->address()).code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, AProbeOfThisMachineNeedsNoHostName) {
  const TlsFiles elsewhere =
      made_->Make("elsewhere", "authority", "DNS:replay.example");
  const auto host = Serve(elsewhere, "127.0.0.1:0");
  Security security;
  security.tls = elsewhere;
  EXPECT_EQ(ProbeHealth(host->address(), security, "", kTimeout),
            absl::OkStatus());
  EXPECT_FALSE(ProbeHealth(host->address(), {}, "", kTimeout).ok());
}

TEST_F(TlsTest, RenewedFilesAreReadWithoutARestart) {
  // A directory behind a link, so that all files change at once.
  const auto host_directory = [&](const std::string& name) {
    std::filesystem::create_directory(*made_ / name);
    const TlsFiles files = made_->Make("host", "authority", kLocal);
    std::filesystem::rename(files.certificate, *made_ / (name + "/crt"));
    std::filesystem::rename(files.key, *made_ / (name + "/key"));
    std::filesystem::copy(files.authority, *made_ / (name + "/ca"));
  };
  const auto link = [&](const std::string& name) {
    std::filesystem::create_directory_symlink(*made_ / name, *made_ / "new");
    std::filesystem::rename(*made_ / "new", *made_ / "current");
  };
  host_directory("first");
  link("first");
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(
      "127.0.0.1:0",
      TlsServer({*made_ / "current/crt", *made_ / "current/key",
                 *made_ / "current/ca"},
                /*reload_seconds=*/1),
      &port);
  builder.RegisterService(&service_);
  const auto server = builder.BuildAndStart();
  const std::string address = absl::StrCat("127.0.0.1:", port);
  ASSERT_EQ(CallWith(client_, address), absl::OkStatus());

  // From now on another authority counts.
  made_->MakeAuthority("authority");
  host_directory("second");
  link("second");
  Security security;
  security.tls = made_->Make("renewed", "authority", "DNS:actor");
  const auto channel = MakeChannel(address, security);
  ASSERT_TRUE(channel.ok()) << channel.status();
  EXPECT_EQ(Call(*channel, /*wait_for_ready=*/true), absl::OkStatus())
      << "the files were not read again";
}

TEST_F(TlsTest, AllThreeFilesAreGivenOrNone) {
  TlsFiles files = server_;
  files.key.clear();
  const absl::Status status = StartError(files);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              StartsWith("--tls_key is missing"));
}

TEST_F(TlsTest, AMissingFileIsNamedWithItsFlag) {
  TlsFiles files = server_;
  files.authority = *made_ / "nowhere.crt";
  const absl::Status status = StartError(files);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(StartsWith("--tls_ca: "), HasSubstr("nowhere.crt")));
}

TEST_F(TlsTest, AFileThatIsNotPemIsNamedWithItsFlag) {
  const std::string empty = *made_ / "empty";
  ASSERT_TRUE(WriteFileAtomically(RealFileSystem(), empty, "").ok());
  TlsFiles files = server_;
  files.certificate = empty;
  EXPECT_THAT(std::string(StartError(files).message()),
              AllOf(StartsWith("--tls_cert: "), HasSubstr("it is empty")));
  files = server_;
  files.key = files.certificate;  // a certificate is no key
  const absl::Status status = StartError(files);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(StartsWith("--tls_key: "), HasSubstr("no private key")));
}

TEST_F(TlsTest, AnEncryptedKeyIsAnErrorAndNoQuestion) {
  made_->Run("ec -in server.key -aes256 -passout pass:x -out locked.key");
  TlsFiles files = server_;
  files.key = *made_ / "locked.key";
  EXPECT_THAT(std::string(StartError(files).message()),
              AllOf(StartsWith("--tls_key: "), HasSubstr("password")));
}

TEST_F(TlsTest, AnotherCertificatesKeyIsNamed) {
  TlsFiles files = server_;
  files.key = client_.key;
  EXPECT_THAT(std::string(StartError(files).message()),
              AllOf(HasSubstr(files.key), HasSubstr("not the key of"),
                    HasSubstr(files.certificate)));
}

TEST_F(TlsTest, AnExpiredCertificateIsNamed) {
  const TlsFiles files = made_->Make("old", "authority", kLocal, -1);
  EXPECT_THAT(std::string(StartError(files).message()),
              AllOf(HasSubstr("old.crt"), HasSubstr("expired")));
}

}  // namespace
}  // namespace softfleet
