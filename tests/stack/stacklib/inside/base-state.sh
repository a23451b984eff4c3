#!/bin/sh
# Runs in a container: puts a product back into its base state, stopped.
# Usage: base-state.sh PRODUCT STATE KEY; standard input: a tar of the files that the state adds, named from /; the key
# tells them from those of another call.
set -eu

product=$1
state=$2
made=$3
home=/usr/share/$product
conf=/etc/$product
# pristine, default: as the package installs them; made-KEY: with the files of the state, to be quicker next time
kept=/usr/share/stack/$product
ready=/usr/share/stack/ready
secrets=/run/stack

systemctl kill --signal=KILL "$product.service" 2>/dev/null || true
systemctl stop "$product.service"
systemctl disable --quiet "$product.service" 2>/dev/null || true
rm -rf "$ready" "/etc/systemd/system/$product.service.d" /var/lib/stacktls
systemctl daemon-reload
systemctl reset-failed "$product.service" 2>/dev/null || true
[ ! -e "$kept/default" ] || cp -a "$kept/default" "/etc/default/$product"
find "/var/lib/$product" "/var/log/$product" -mindepth 1 -delete

restore() {
  rm -rf "$conf"
  cp -a "$1" "$conf"
}

own() {
  chown -R --reference="$kept/pristine" "$conf"
  find "$conf" -type d -exec chmod --reference="$kept/pristine" {} +
  find "$conf" -type f -exec chmod --reference="$kept/pristine/$product.yml" {} +
}

make() {
  restore "$kept/pristine"
  umask 077
  tar -x -C / --no-same-owner
  case $product-$state in
    elasticsearch-secured)
      "$home/bin/elasticsearch-keystore" add --stdin --force bootstrap.password <"$secrets/bootstrap.password"
      ;;
    elasticsearch-autoconfigured)
      "$home/bin/elasticsearch-keystore" add --stdin --force bootstrap.password <"$secrets/bootstrap.password"
      CLI_NAME=auto-configure-node CLI_LIBS=modules/x-pack-core,modules/x-pack-security,lib/tools/security-cli \
        "$home/bin/elasticsearch-cli"
      # It listens everywhere; here each node has an address of its own.
      sed -i "s/^http.host: .*/http.host: $(hostname)/" "$conf/elasticsearch.yml"
      ;;
  esac
  rm -rf "$secrets"
  own
  rm -rf "$kept/unfinished"
  cp -a "$conf" "$kept/unfinished"
  mv "$kept/unfinished" "$kept/made-$made"
}

if [ -d "$kept/made-$made" ]; then
  cat >/dev/null
  restore "$kept/made-$made"
else
  make
fi
