// SPDX-License-Identifier: Apache-2.0
#include "environments/rendering/offscreen_gl.h"

#include <dlfcn.h>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

constexpr char kLibrary[] = "libOSMesa.so.8";
// From GL/gl.h: the numbers are OpenGL's.
constexpr unsigned kGlRgba = 0x1908;
constexpr unsigned kGlUnsignedByte = 0x1401;
constexpr int kDepthBits = 24;
constexpr int kStencilBits = 8;

// The functions of GL/osmesa.h that are used here.
struct Mesa {
  void* (*create)(unsigned format, int depth_bits, int stencil_bits,
                  int accumulation_bits, void* share) = nullptr;
  unsigned char (*make_current)(void* context, void* buffer, unsigned type,
                                int width, int height) = nullptr;
  void (*destroy)(void* context) = nullptr;
};

template <typename Function>
bool Find(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(::dlsym(library, name));
  return *function != nullptr;
}

// Global, because MuJoCo looks Mesa's functions up by name.
absl::StatusOr<Mesa> Open() {
  void* const library = ::dlopen(kLibrary, RTLD_NOW | RTLD_GLOBAL);
  Mesa mesa;
  if (library != nullptr &&
      Find(library, "OSMesaCreateContextExt", &mesa.create) &&
      Find(library, "OSMesaMakeCurrent", &mesa.make_current) &&
      Find(library, "OSMesaDestroyContext", &mesa.destroy)) {
    return mesa;
  }
  return absl::NotFoundError(
      absl::StrCat("software OpenGL is needed to draw this: install libosmesa6 "
                   "(Debian: apt-get install libosmesa6): ",
                   ::dlerror()));
}

const absl::StatusOr<Mesa>& TheMesa() {
  static const auto* const mesa = new absl::StatusOr<Mesa>(Open());
  return *mesa;
}

}  // namespace

OffscreenGl::OffscreenGl(int width, int height, void* context)
    : width_(width),
      height_(height),
      context_(context),
      buffer_(static_cast<size_t>(width) * static_cast<size_t>(height) * 4) {}

absl::StatusOr<std::unique_ptr<OffscreenGl>> OffscreenGl::Create(int width,
                                                                 int height) {
  SF_RETURN_IF_ERROR(TheMesa().status());
  void* const context =
      TheMesa()->create(kGlRgba, kDepthBits, kStencilBits, 0, nullptr);
  if (context == nullptr) {
    return absl::InternalError("Mesa gives no OpenGL context");
  }
  return absl::WrapUnique(new OffscreenGl(width, height, context));
}

OffscreenGl::~OffscreenGl() { TheMesa()->destroy(context_); }

absl::Status OffscreenGl::MakeCurrent() {
  if (TheMesa()->make_current(context_, buffer_.data(), kGlUnsignedByte, width_,
                              height_) != 0) {
    return absl::OkStatus();
  }
  return absl::InternalError(
      absl::StrCat("Mesa cannot draw ", width_, " x ", height_));
}

}  // namespace softfleet
