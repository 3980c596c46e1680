// SPDX-License-Identifier: Apache-2.0
#include "transport/tls.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"
#include "core/status.h"

namespace softfleet {
namespace {

using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::FileWatcherCertificateProvider;

template <typename T, void (*free)(T*)>
struct Deleter {
  void operator()(T* object) const { free(object); }
};
using Certificate = std::unique_ptr<X509, Deleter<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, Deleter<BIO, BIO_free_all>>;

// An encrypted key is an error, not a question on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

// The first object of the PEM text in `path`, read by OpenSSL's `read`.
template <typename Owned, typename Read>
absl::StatusOr<Owned> ReadPem(absl::string_view flag, const std::string& path,
                              absl::string_view what, Read read) {
  absl::StatusOr<std::string> text = RealFileSystem().Read(path);
  if (!text.ok()) return Annotate(text.status(), flag);
  const Memory memory(
      BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  Owned object(read(memory.get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (object != nullptr) return object;
  return absl::InvalidArgumentError(absl::StrCat(
      flag, ": ", path, " holds no ", what, " in PEM format (",
      text->empty() ? "it is empty" : "text between -----BEGIN and -----END",
      ")"));
}

absl::Status CheckValidNow(absl::string_view flag, const std::string& path,
                           const X509* certificate) {
  const bool begun =
      X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0;
  const bool over = X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
  if (begun && !over) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(flag, ": the certificate in ", path,
                   over ? " has expired; renew it"
                        : " is not valid yet; check this machine's clock"));
}

absl::Status CheckAllGiven(const TlsFiles& files) {
  const std::pair<const char*, const std::string*> flags[] = {
      {"--tls_cert", &files.certificate},
      {"--tls_key", &files.key},
      {"--tls_ca", &files.authority}};
  for (const auto& [flag, path] : flags) {
    if (path->empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(flag,
                       " is missing: --tls_cert, --tls_key and --tls_ca "
                       "are given together"));
    }
  }
  return absl::OkStatus();
}

std::shared_ptr<FileWatcherCertificateProvider> Watch(const TlsFiles& files,
                                                      unsigned seconds) {
  return std::make_shared<FileWatcherCertificateProvider>(
      files.key, files.certificate, files.authority, seconds);
}

}  // namespace

absl::Status CheckTlsFiles(const TlsFiles& files) {
  SF_RETURN_IF_ERROR(CheckAllGiven(files));
  SF_ASSIGN_OR_RETURN(const Certificate certificate,
                      ReadPem<Certificate>("--tls_cert", files.certificate,
                                           "certificate", PEM_read_bio_X509));
  SF_ASSIGN_OR_RETURN(
      const Key key,
      ReadPem<Key>("--tls_key", files.key, "private key without a password",
                   PEM_read_bio_PrivateKey));
  SF_ASSIGN_OR_RETURN(const Certificate authority,
                      ReadPem<Certificate>("--tls_ca", files.authority,
                                           "certificate", PEM_read_bio_X509));
  SF_RETURN_IF_ERROR(
      CheckValidNow("--tls_cert", files.certificate, certificate.get()));
  SF_RETURN_IF_ERROR(
      CheckValidNow("--tls_ca", files.authority, authority.get()));
  const bool own = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (own) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--tls_key: ", files.key, " is not the key of the certificate in ",
      files.certificate, "; give the two that were made together"));
}

std::shared_ptr<grpc::ServerCredentials> TlsServer(const TlsFiles& files,
                                                   unsigned reload_seconds) {
  grpc::experimental::TlsServerCredentialsOptions options(
      Watch(files, reload_seconds));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> TlsClient(const TlsFiles& files,
                                                    bool verify_host) {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Watch(files, kReloadSeconds));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  if (!verify_host) {
    options.set_certificate_verifier(
        std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
    options.set_check_call_host(false);
  }
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace softfleet
