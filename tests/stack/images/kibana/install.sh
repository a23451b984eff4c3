#!/bin/sh
# Installs Kibana in the layout of its Debian package.
# Mounted read-only: /context (this folder), /product.tar (bin, package.json and so on).
set -eu

home=/usr/share/kibana
conf=/etc/kibana

useradd --system --no-create-home --home-dir /nonexistent --shell /bin/false --user-group kibana

mkdir -p "$home" "$conf"
tar -x -C "$home" --no-same-owner -f /product.tar
if [ -d "$home/config" ]; then # an archive of the real Kibana
  cp -r "$home/config/." "$conf/"
  rm -r "$home/config"
  rm -rf "$home/data" "$home/logs"
fi
cp -r --no-preserve=ownership /context/rootfs/. /
[ -e "$conf/kibana.yml" ] || printf '%s\n' '# server.port: 5601' >"$conf/kibana.yml"

install -d -m 2750 -o kibana -g kibana /var/lib/kibana /var/log/kibana
KBN_PATH_CONF="$conf" "$home/bin/kibana-keystore" create --allow-root

chown -R root:kibana "$conf"
find "$conf" -type d -exec chmod 2750 {} +
find "$conf" -type f -exec chmod 0660 {} +

install -d -m 0700 /usr/share/stack /usr/share/stack/kibana
cp -a "$conf" /usr/share/stack/kibana/pristine
cp -a /etc/default/kibana /usr/share/stack/kibana/default
