// SPDX-License-Identifier: Apache-2.0
// What a user sees where the plug-in, the driver or the device is missing; and,
// where a device is there, that it computes what the CPU does.
#include "sac/cuda_plugin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kLibraries[] = TEST_LIBRARY_DIR "/";

std::string Message(const absl::Status& status) {
  return std::string(status.message());
}

TEST(CudaPluginTest, AMissingFileIsNotFoundAndNamed) {
  const auto plugin = CudaPlugin::Load("/nowhere/libsac_cuda.so");
  EXPECT_EQ(plugin.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(plugin.status()), HasSubstr("/nowhere/libsac_cuda.so"));
}

TEST(CudaPluginTest, GarbageIsRefusedWithTheLoadersReason) {
  const std::string path = ::testing::TempDir() + "/garbage_sac_cuda.so";
  std::ofstream(path) << std::string(4096, 'x');
  const auto plugin = CudaPlugin::Load(path);
  EXPECT_EQ(plugin.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(plugin.status()),
              AllOf(HasSubstr(path), HasSubstr("invalid ELF header")));
}

TEST(CudaPluginTest, ALibraryWithoutTheEntryIsRefused) {
  const auto plugin =
      CudaPlugin::Load(std::string(kLibraries) + "libsac_cuda_no_entry.so");
  EXPECT_EQ(plugin.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(plugin.status()),
              AllOf(HasSubstr("is not Softfleet's CUDA plug-in"),
                    HasSubstr(kSacCudaEntryName)));
}

TEST(CudaPluginTest, AnotherVersionIsRefusedWithBothNumbers) {
  const auto plugin = CudaPlugin::Load(std::string(kLibraries) +
                                       "libsac_cuda_other_version.so");
  EXPECT_EQ(plugin.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(
      Message(plugin.status()),
      AllOf(HasSubstr("version " + std::to_string(kSacCudaAbiVersion + 41)),
            HasSubstr("version " + std::to_string(kSacCudaAbiVersion) + ";")));
}

#ifndef SAC_CUDA_BUILT

TEST(CudaPluginTest, TheDefaultSearchSaysWhereItLooked) {
  const auto plugin = CudaPlugin::Load();
  EXPECT_EQ(plugin.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(plugin.status()),
              AllOf(HasSubstr("/lib/libsac_cuda.so"),
                    HasSubstr("/bin/libsac_cuda.so")));
}

#else

TEST(CudaPluginTest, LoadsWithoutADeviceAndSaysWhyThereIsNone) {
  const auto plugin = CudaPlugin::Load();
  ASSERT_TRUE(plugin.ok()) << plugin.status();
  std::string why_none;
  const int devices = plugin->DeviceCount(&why_none);
  if (devices > 0) {
    GTEST_SKIP() << "there are " << devices << " CUDA devices";
  }
  EXPECT_THAT(why_none, Not(IsEmpty()));
  const absl::Status status = plugin->SelfTest(0);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(status), HasSubstr(why_none));
  EXPECT_FALSE(plugin->DescribeDevice(0).ok());
}

TEST(CudaPluginTest, DeviceZeroComputesWhatTheCpuDoes) {
  const auto plugin = CudaPlugin::Load();
  ASSERT_TRUE(plugin.ok()) << plugin.status();
  std::string why_none;
  if (plugin->DeviceCount(&why_none) == 0) {
    GTEST_SKIP() << "no CUDA device: " << why_none;
  }
  const auto device = plugin->DescribeDevice(0);
  ASSERT_TRUE(device.ok()) << device.status();
  EXPECT_THAT(device->name, Not(IsEmpty()));
  EXPECT_GE(device->major, 9) << "the kernels are built for sm_90";
  EXPECT_GT(device->free_bytes, 0);
  EXPECT_GE(device->total_bytes, device->free_bytes);
  const absl::Status status = plugin->SelfTest(0);
  EXPECT_TRUE(status.ok()) << status;
}

TEST(CudaPluginTest, ADeviceBeyondTheLastIsNamed) {
  const auto plugin = CudaPlugin::Load();
  ASSERT_TRUE(plugin.ok()) << plugin.status();
  const int devices = plugin->DeviceCount();
  if (devices == 0) GTEST_SKIP() << "no CUDA device";
  EXPECT_EQ(plugin->SelfTest(devices).code(),
            absl::StatusCode::kInvalidArgument);
}

#endif  // SAC_CUDA_BUILT

}  // namespace
}  // namespace softfleet
