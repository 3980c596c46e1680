# SPDX-License-Identifier: Apache-2.0
# CUDA for the plug-in; include()d only when SAC_CUDA is ON, after LibTorch.cmake.
#
# softfleet_cuda_module(<name> SOURCES a.cc b.cu ...) makes a library for dlopen
# in <build>/lib that links LibTorch's CUDA half and the toolkit.
set(SOFTFLEET_ROOT ${CMAKE_SOURCE_DIR})
include(${CMAKE_SOURCE_DIR}/cmake/Cuda.cmake)
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
  softfleet_cuda_properties(${name})
  set_target_properties(${name} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib
    BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "${rpath}"
    INSTALL_RPATH_USE_LINK_PATH OFF)
  target_compile_options(${name} PRIVATE
    "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${_torch}/include>"
    "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${_torch}/include/torch/csrc/api/include>")
  target_link_libraries(${name} PRIVATE softfleet_cuda_engine
    softfleet_torch_cuda softfleet_c10_cuda
    softfleet_torch_cpu softfleet_c10 CUDA::cudart)
  # --no-as-needed: libtorch_cuda registers itself when loaded; no symbol of it
  # need be used. --disable-new-dtags: DT_RPATH also serves the libraries that
  # libtorch_cuda needs (cuBLAS, cuDNN, ...); DT_RUNPATH does not.
  target_link_options(${name} PRIVATE
    "LINKER:--no-as-needed" "LINKER:--disable-new-dtags"
    "LINKER:-rpath-link,${CUDAToolkit_LIBRARY_DIR}"
    "LINKER:--allow-shlib-undefined")
  install(TARGETS ${name} LIBRARY DESTINATION lib)
endfunction()
