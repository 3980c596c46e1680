# SPDX-License-Identifier: Apache-2.0
# CUDA for the plug-in; include()d only when SAC_CUDA is ON, after LibTorch.cmake.
#
# softfleet_cuda_module(<name> SOURCES a.cc b.cu ...) makes a library for dlopen
# in <build>/lib that links LibTorch's CUDA half and the toolkit.
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  find_program(CMAKE_CUDA_COMPILER nvcc
    HINTS $ENV{CUDA_HOME}/bin /usr/local/cuda/bin)
endif()
enable_language(CUDA)
# CMake 3.25 sets a property of this target although CUDA 13 has no such library.
if(NOT TARGET CUDA::nvToolsExt)
  add_library(CUDA::nvToolsExt INTERFACE IMPORTED)
endif()
find_package(CUDAToolkit 13.0 REQUIRED)
if(NOT EXISTS "${_torch}/lib/libtorch_cuda.so")
  message(FATAL_ERROR
    "LibTorch's CUDA libraries are not in ${LIBTORCH_ROOT}: run scripts/setup "
    "--cuda, or pass -DLIBTORCH_ROOT=<folder with torch/lib/libtorch_cuda.so>")
endif()
foreach(library c10_cuda torch_cuda)
  add_library(softfleet_${library} SHARED IMPORTED)
  set_target_properties(softfleet_${library} PROPERTIES
    IMPORTED_LOCATION "${_torch}/lib/lib${library}.so")
endforeach()

function(softfleet_cuda_module name)
  cmake_parse_arguments(arg "" "" "SOURCES" ${ARGN})
  add_library(${name} MODULE ${arg_SOURCES})
  set(rpath "${_torch}/lib;${CUDAToolkit_LIBRARY_DIR}")
  # 90: code for sm_90 and PTX that newer devices compile for themselves.
  # CUDA_STANDARD 17: CMake 3.25 knows no C++20 for nvcc 13.
  set_target_properties(${name} PROPERTIES
    CUDA_ARCHITECTURES 90 CUDA_STANDARD 17
    CXX_VISIBILITY_PRESET hidden CUDA_VISIBILITY_PRESET hidden
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib
    BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "${rpath}"
    INSTALL_RPATH_USE_LINK_PATH OFF)
  target_compile_options(${name} PRIVATE
    # -fmad=false: numbers are rounded as the CPU rounds them; what is fused
    # would save nothing beside the memory that these kernels move.
    "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-fmad=false>"
    "$<$<COMPILE_LANGUAGE:CXX>:${SOFTFLEET_WARNINGS}>"
    "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${_torch}/include>"
    "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${_torch}/include/torch/csrc/api/include>")
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_include_directories(${name} SYSTEM PRIVATE ${CUDAToolkit_INCLUDE_DIRS})
  target_link_libraries(${name} PRIVATE softfleet_torch_cuda softfleet_c10_cuda
    softfleet_torch_cpu softfleet_c10 CUDA::cudart CUDA::cublas)
  # --no-as-needed: libtorch_cuda registers itself when loaded; no symbol of it
  # need be used. --disable-new-dtags: DT_RPATH also serves the libraries that
  # libtorch_cuda needs (cuBLAS, cuDNN, ...); DT_RUNPATH does not.
  target_link_options(${name} PRIVATE
    "LINKER:--no-as-needed" "LINKER:--disable-new-dtags"
    "LINKER:-rpath-link,${CUDAToolkit_LIBRARY_DIR}"
    "LINKER:--allow-shlib-undefined")
  install(TARGETS ${name} LIBRARY DESTINATION lib)
endfunction()
