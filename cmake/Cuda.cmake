# SPDX-License-Identifier: Apache-2.0
# CUDA's language and toolkit, and our update engine with its benchmark: no
# LibTorch, no other library. include()d where there is to be CUDA, also by
# sac/cuda/bare. Expects SOFTFLEET_ROOT, the folder of the repository.
include(${SOFTFLEET_ROOT}/cmake/WheelFolder.cmake)
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  softfleet_cache_folder(_cache)
  find_program(CMAKE_CUDA_COMPILER nvcc
    HINTS $ENV{CUDA_HOME}/bin /usr/local/cuda/bin ${_cache}/cuda-13.0/bin)
endif()
enable_language(CUDA)
# CMake 3.25 sets a property of this target although CUDA 13 has no such library.
if(NOT TARGET CUDA::nvToolsExt)
  add_library(CUDA::nvToolsExt INTERFACE IMPORTED)
endif()
find_package(CUDAToolkit 13.0 REQUIRED)

# softfleet_cuda_properties(<target>)
# 90: code for sm_90 and PTX that newer devices compile for themselves.
# CUDA_STANDARD 17: CMake 3.25 knows no C++20 for nvcc 13. -fmad=false: numbers
# are rounded as the CPU rounds them; fusing would save nothing beside the
# memory that these kernels move.
function(softfleet_cuda_properties target)
  set_target_properties(${target} PROPERTIES
    CUDA_ARCHITECTURES 90 CUDA_STANDARD 17 POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden CUDA_VISIBILITY_PRESET hidden)
  target_compile_options(${target} PRIVATE
    "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-fmad=false>"
    "$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra>")
  target_include_directories(${target} PRIVATE ${SOFTFLEET_ROOT})
  target_include_directories(${target} SYSTEM PRIVATE
    ${CUDAToolkit_INCLUDE_DIRS})
endfunction()

add_library(softfleet_cuda_engine STATIC
  ${SOFTFLEET_ROOT}/sac/cuda/engine.cu ${SOFTFLEET_ROOT}/sac/fused/layout.cc)
softfleet_cuda_properties(softfleet_cuda_engine)
target_link_libraries(softfleet_cuda_engine PUBLIC CUDA::cudart CUDA::cublas)

add_executable(sac_gpu ${SOFTFLEET_ROOT}/benchmarks/sac_gpu.cc)
set_target_properties(sac_gpu PROPERTIES
  CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/benchmarks)
softfleet_cuda_properties(sac_gpu)
target_link_libraries(sac_gpu PRIVATE softfleet_cuda_engine)
