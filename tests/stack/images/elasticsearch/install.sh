#!/bin/sh
# Installs Elasticsearch in the layout of its Debian package.
# Mounted read-only: /context (this folder), /product.tar (bin, config, lib, modules, plugins).
set -eu

home=/usr/share/elasticsearch
conf=/etc/elasticsearch

useradd --system --no-create-home --home-dir /nonexistent --shell /bin/false --user-group elasticsearch

mkdir -p "$home/plugins" "$conf"
tar -x -C "$home" -f /product.tar
cp -r "$home/config/." "$conf/"
rm -r "$home/config"
cp -r --no-preserve=ownership /context/rootfs/. /
ln -s "$(dirname "$(dirname "$(readlink -f /usr/bin/java)")")" "$home/jdk"

# What the package's build does to this script: it reads the defaults file and knows its own type.
# shellcheck disable=SC2016  # the variables are the other script's
sed -i \
  -e 's|^ES_DISTRIBUTION_TYPE=.*|ES_DISTRIBUTION_TYPE=deb|' \
  -e 's|then ES_PATH_CONF="$ES_HOME"/config; fi|then source /etc/default/elasticsearch; fi|' \
  "$home/bin/elasticsearch-env"
grep -q '^ES_DISTRIBUTION_TYPE=deb' "$home/bin/elasticsearch-env"
grep -q 'then source /etc/default/elasticsearch; fi' "$home/bin/elasticsearch-env"

# The package sends these to its folder of logs.
sed -i \
  -e 's|^-XX:ErrorFile=.*|-XX:ErrorFile=/var/log/elasticsearch/hs_err_pid%p.log|' \
  -e 's|:file=gc.log:|:file=/var/log/elasticsearch/gc.log:|' \
  "$conf/jvm.options"
cat >"$conf/elasticsearch.yml" <<'EOF'
# ======================== Elasticsearch Configuration =========================
path.data: /var/lib/elasticsearch
path.logs: /var/log/elasticsearch
EOF

install -d -m 2750 -o elasticsearch -g elasticsearch /var/lib/elasticsearch /var/log/elasticsearch
ln -s /var/log/elasticsearch "$home/logs"

"$home/bin/elasticsearch-keystore" create
chown -R root:elasticsearch "$conf"
find "$conf" -type d -exec chmod 2750 {} +
find "$conf" -type f -exec chmod 0660 {} +

install -d -m 0700 /usr/share/stack /usr/share/stack/elasticsearch
cp -a "$conf" /usr/share/stack/elasticsearch/pristine
cp -a /etc/default/elasticsearch /usr/share/stack/elasticsearch/default
