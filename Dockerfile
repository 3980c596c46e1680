# SPDX-License-Identifier: Apache-2.0
# The images of a Softfleet cluster, one target for each program:
#
#   docker build --target actor .           # also: replay-server, evaluator
#   docker build --target learner .         # with LibTorch (CPU) and `softfleet`
#   docker build --target learner-cuda .    # with CUDA 13, for deploy/compose.gpu.yml
#
# docker-compose.yml builds them all. The programs are compiled in the image
# (PROGRAMS=source). PROGRAMS=host takes those that scripts/stage-image-programs
# copied out of this machine's build folder, which must be a Debian 12 too: the
# images' libraries are Debian 12's.
#
# BuildKit without a `# syntax` line: no frontend is fetched, and the one in an
# engine of 2020 understands this file.
ARG PROGRAMS=source

# --- Compiling ---------------------------------------------------------------

# Compiler, libraries, LibTorch and MuJoCo: changes only with the lists in scripts/.
FROM debian:bookworm-slim AS toolchain
ENV DEBIAN_FRONTEND=noninteractive \
    SOFTFLEET_CACHE=/opt/softfleet
WORKDIR /src
COPY scripts/setup scripts/wheels.sh scripts/unpack_wheels.py \
     scripts/packages.txt scripts/libtorch.txt scripts/mujoco.txt scripts/
RUN scripts/setup

FROM toolchain AS build
# Compilers at a time; each may take 1.7 GB. Unset: one for each core.
ARG JOBS=
COPY . .
RUN --mount=type=cache,target=/ccache \
    export CCACHE_DIR=/ccache \
 && cmake --preset release -DBUILD_TESTING=OFF \
 && cmake --build build/release ${JOBS:+-j${JOBS}} --target softfleet \
      softfleet-actor softfleet-evaluator softfleet-learner \
      softfleet-replay-server \
 && scripts/stage-image-programs --libtorch "$(scripts/setup --root)" \
      build/release /staged

# The same with the CUDA plug-in: CUDA's compiler, runtime and cuBLAS.
FROM toolchain AS toolchain-cuda
COPY scripts/cuda-toolkit.txt scripts/
RUN scripts/setup --cuda

FROM toolchain-cuda AS build-cuda
ARG JOBS=
COPY . .
RUN --mount=type=cache,target=/ccache \
    export CCACHE_DIR=/ccache \
 && cmake --preset cuda -DBUILD_TESTING=OFF \
 && cmake --build build/cuda ${JOBS:+-j${JOBS}} --target softfleet \
      softfleet-actor softfleet-evaluator softfleet-learner \
      softfleet-replay-server sac_cuda \
 && scripts/stage-image-programs --libtorch "$(scripts/setup --root)" \
      build/cuda /staged

FROM scratch AS programs-source
COPY --from=build /staged /

FROM scratch AS programs-host
COPY build/image /

FROM programs-${PROGRAMS} AS programs

# --- Running -----------------------------------------------------------------

# What the programs need: Debian's gRPC, protobuf, Abseil, spdlog, prometheus-cpp
# and, for `softfleet`, libpng, as they were compiled with. The configurations lie where the
# programs start, so that configs/pendulum.textproto is a path here as well.
FROM debian:bookworm-slim AS runtime
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libgrpc++1.51 libprotobuf32 libabsl20220623 libspdlog1.10 \
      libprometheus-cpp-core1.0 libprometheus-cpp-pull1.0 libpng16-16 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* \
 && install -d -o 65532 -g 65532 /var/lib/softfleet
COPY LICENSE NOTICE THIRD_PARTY_NOTICES.md /usr/share/doc/softfleet/
COPY configs /usr/share/softfleet/configs
WORKDIR /usr/share/softfleet
LABEL org.opencontainers.image.title="Softfleet" \
      org.opencontainers.image.licenses="Apache-2.0"
# 65532 has no name and no files; numeric, so that an orchestrator can see that
# it is not root.
USER 65532:65532
EXPOSE 9100

# For programs that step environments. /usr/lib is where the loader looks when
# the folder that a program was linked with is not there.
FROM runtime AS runtime-mujoco
COPY --from=programs /mujoco/lib /usr/lib/
COPY --from=programs /mujoco/licenses /usr/share/doc/softfleet/mujoco/

# Each program is started once while its image is built: a library that is
# missing fails the build, not the cluster.
FROM runtime-mujoco AS actor
COPY --from=programs /bin/softfleet-actor /usr/bin/
RUN ["softfleet-actor", "--version"]
ENTRYPOINT ["softfleet-actor"]

FROM runtime-mujoco AS evaluator
COPY --from=programs /bin/softfleet-evaluator /usr/bin/
RUN ["softfleet-evaluator", "--version"]
ENTRYPOINT ["softfleet-evaluator"]

FROM runtime AS replay-server
COPY --from=programs /bin/softfleet-replay-server /usr/bin/
RUN ["softfleet-replay-server", "--version"]
EXPOSE 7201
ENTRYPOINT ["softfleet-replay-server"]

FROM runtime-mujoco AS learner
USER 0:0
COPY --from=programs /libtorch /opt/libtorch
COPY --from=programs /licenses /usr/share/doc/softfleet/libtorch
# Programs from another machine look for LibTorch in that machine's folder.
RUN echo /opt/libtorch/torch/lib >/etc/ld.so.conf.d/libtorch.conf && ldconfig
COPY --from=programs /bin/softfleet /bin/softfleet-learner /usr/bin/
USER 65532:65532
RUN softfleet --version && softfleet-learner --version
EXPOSE 7200
ENTRYPOINT ["softfleet-learner"]

FROM runtime AS learner-cuda
USER 0:0
COPY --from=build-cuda /staged/libtorch /opt/libtorch
COPY --from=build-cuda /staged/licenses /usr/share/doc/softfleet/libtorch
COPY --from=build-cuda /staged/mujoco/lib /usr/lib/
COPY --from=build-cuda /staged/mujoco/licenses /usr/share/doc/softfleet/mujoco/
# The plug-in is looked for in ../lib beside the program's folder.
COPY --from=build-cuda /staged/lib/ /usr/lib/
RUN echo /opt/libtorch/torch/lib >/etc/ld.so.conf.d/libtorch.conf && ldconfig
RUN ! ldd /usr/lib/libsac_cuda.so | grep 'not found'
COPY --from=build-cuda /staged/bin/softfleet /staged/bin/softfleet-learner /usr/bin/
USER 65532:65532
RUN softfleet --version && softfleet-learner --version
EXPOSE 7200
ENTRYPOINT ["softfleet-learner"]
