// SPDX-License-Identifier: Apache-2.0
// Memory of the fused update: zeroed arrays that begin on a cache line, and
// views of matrices in them.
#ifndef SOFTFLEET_SAC_FUSED_BUFFER_H_
#define SOFTFLEET_SAC_FUSED_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace softfleet::fused {

template <typename T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(int64_t size)
      : size_(size),
        data_(static_cast<T*>(::operator new(
            static_cast<std::size_t>(size) * sizeof(T), kLine))) {
    std::fill_n(data_.get(), size, T(0));
  }

  int64_t size() const { return size_; }
  T* data() const { return data_.get(); }
  T& operator[](int64_t i) const { return data_.get()[i]; }

 private:
  static constexpr std::align_val_t kLine{64};
  struct Free {
    void operator()(T* data) const { ::operator delete(data, kLine); }
  };
  int64_t size_ = 0;
  std::unique_ptr<T, Free> data_;
};

// Rows of a matrix, `stride` elements apart.
template <typename T>
struct Matrix {
  T* data = nullptr;
  std::ptrdiff_t stride = 0;

  T* row(int64_t i) const { return data + i * stride; }
  Matrix from_row(int64_t i) const { return {row(i), stride}; }
};

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_BUFFER_H_
