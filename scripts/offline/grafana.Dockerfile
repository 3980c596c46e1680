# SPDX-License-Identifier: Apache-2.0
# Stand-in for the public image grafana/grafana where no registry is reachable.
# No distribution has a Grafana server to build one from: this answers
# /api/health on port 3000, says what it is, and does nothing else.
FROM debian:bookworm-slim
RUN apt-get update -qq \
 && apt-get install -qq -y --no-install-recommends busybox \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 && ln -s busybox /bin/wget \
 && install -d -o 472 -g 0 /var/lib/grafana
COPY grafana /www
LABEL softfleet.stand-in=yes
USER 472:0
EXPOSE 3000
VOLUME ["/var/lib/grafana"]
# Process 1 gets no signal that it does not ask for.
CMD ["sh", "-c", "trap 'exit 0' TERM; busybox httpd -f -p 3000 -h /www & wait"]
