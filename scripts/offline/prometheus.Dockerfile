# SPDX-License-Identifier: Apache-2.0
# Stand-in for the public image prom/prometheus:v2.53.3 where no registry is
# reachable: the same version from Debian 13, with the image's user, folders,
# flags, wget (the health check's) and promtool (Debian 12's; 13 has none).
FROM debian:bookworm-slim AS packages
# A private apt that knows Debian 13 at the mirror of this one.
RUN mkdir -p /apt/lists/partial /packages /root-13 /root-12 \
 && apt-get update -qq \
 && cd /packages && apt-get download -qq prometheus \
 && dpkg -x prometheus_*.deb /root-12 && rm prometheus_*.deb \
 && cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null \
    | grep -o 'https\?://[^ ]*' | grep -v security | head -n 1 \
    | sed 's/.*/deb & trixie main/' >/apt/sources.list \
 && apt="-qq -o Dir::Etc::sourcelist=/apt/sources.list -o Dir::Etc::sourceparts=/nothing -o Dir::State::lists=/apt/lists -o APT::Sandbox::User=root" \
 && apt-get $apt update \
 && apt-get $apt download prometheus/trixie \
 && dpkg -x prometheus_*.deb /root-13

FROM debian:bookworm-slim
RUN apt-get update -qq \
 && apt-get install -qq -y --no-install-recommends busybox ca-certificates \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 && ln -s busybox /bin/wget \
 && mkdir -p /etc/prometheus /prometheus && chown 65534:65534 /prometheus
COPY --from=packages /root-13/usr/bin/prometheus /bin/prometheus
COPY --from=packages /root-12/usr/bin/promtool /bin/promtool
LABEL softfleet.stand-in=yes
USER 65534:65534
EXPOSE 9090
VOLUME ["/prometheus"]
WORKDIR /prometheus
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
