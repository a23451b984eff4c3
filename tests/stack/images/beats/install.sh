#!/bin/sh
# Installs Filebeat and Metricbeat in the layout of their Debian packages, and a receiver that speaks Logstash's protocol.
# Mounted read-only: /context (this folder), /product.tar (bin).
set -eu

tar -x -C /tmp --no-same-owner -f /product.tar
cp -r --no-preserve=ownership /context/rootfs/. /
install -m 0755 /tmp/bin/lumberjack /usr/local/bin/lumberjack
install -d -m 0700 /usr/share/stack

for beat in filebeat metricbeat; do
  install -D -m 0755 "/tmp/bin/$beat" "/usr/share/$beat/bin/$beat"
  install -d -m 0750 "/var/lib/$beat" "/var/log/$beat"
  chmod 0755 "/usr/bin/$beat" "/etc/$beat"
  chmod 0600 "/etc/$beat/$beat.yml"
  install -d -m 0700 "/usr/share/stack/$beat"
  cp -a "/etc/$beat" "/usr/share/stack/$beat/pristine"
  # The packages have more in this file; its first line is the one of their template.
  "/usr/share/$beat/bin/$beat" version | sed -n 's/^\([a-z]*\) version \([0-9.]*\).*/# Welcome to \u\1 \2/p' >"/usr/share/$beat/README.md"
done
rm -r /tmp/bin
