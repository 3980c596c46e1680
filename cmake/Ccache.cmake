# SPDX-License-Identifier: Apache-2.0
# Compiles through ccache where it is installed. Paths below the source folder
# are hashed relative to it, so that clones in other folders share the cache.
# -DSOFTFLEET_CCACHE=OFF turns it off.
option(SOFTFLEET_CCACHE "Compile through ccache if it is installed" ON)
if(SOFTFLEET_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(SOFTFLEET_CCACHE_PROGRAM ccache)
  mark_as_advanced(SOFTFLEET_CCACHE_PROGRAM)
  if(SOFTFLEET_CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER
        env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=true
        ${SOFTFLEET_CCACHE_PROGRAM})
    set(CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
  endif()
endif()
