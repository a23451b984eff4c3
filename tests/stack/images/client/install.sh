#!/bin/sh
# Installs a small application a language, with its official client, and the user that they run as.
# Mounted read-only: /context (this folder), /product.tar (python, javascript, java, go, curl).
set -eu

lib=/opt/clients/lib
useradd --system --no-create-home --home-dir /nonexistent --shell /bin/false --user-group application

mkdir -p "$lib"
tar -x -C "$lib" --no-same-owner -f /product.tar
python3 -m venv --without-pip "$lib/python/venv"
mv "$lib"/python/packages/* "$lib"/python/venv/lib/python3*/site-packages/

launcher() { # language, command
  printf '#!/bin/sh\nexec %s "$@"\n' "$2" >"/opt/clients/$1"
  chmod 755 "/opt/clients/$1"
}
launcher python "$lib/python/venv/bin/python $lib/python/program.py"
launcher javascript "node $lib/javascript/program.mjs"
launcher java "java -cp '$lib/java/classes:$lib/java/jars/*' Program"
launcher go "$lib/go/program"
launcher curl "$lib/curl/program"
install -d -m 0700 /usr/share/stack
