# SPDX-License-Identifier: Apache-2.0
# CUDA for the plug-in; include()d only when SAC_CUDA is ON.
#
# softfleet_cuda_module(<name> SOURCES a.cc b.cu ...) makes a library for dlopen
# in <build>/lib that links the toolkit's runtime and cuBLAS alone.
set(SOFTFLEET_ROOT ${CMAKE_SOURCE_DIR})
include(${CMAKE_SOURCE_DIR}/cmake/Cuda.cmake)
function(softfleet_cuda_module name)
  cmake_parse_arguments(arg "" "" "SOURCES" ${ARGN})
  add_library(${name} MODULE ${arg_SOURCES})
  softfleet_cuda_properties(${name})
  set_target_properties(${name} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib
    BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "${CUDAToolkit_LIBRARY_DIR}"
    INSTALL_RPATH_USE_LINK_PATH OFF)
  target_link_libraries(${name} PRIVATE softfleet_cuda_engine)
  # DT_RPATH also serves the libraries that cuBLAS needs; DT_RUNPATH does not.
  target_link_options(${name} PRIVATE "LINKER:--disable-new-dtags")
  install(TARGETS ${name} LIBRARY DESTINATION lib)
endfunction()
