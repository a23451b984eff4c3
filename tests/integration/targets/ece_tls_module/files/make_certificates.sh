#!/bin/sh
# Certificates of an installation, and those that it should have; all by openssl, in the folder $1.
set -eu
cd "$1"
authority='basicConstraints=critical,CA:true'

root() { # name, subject
    openssl req -x509 -newkey rsa:2048 -nodes -subj "$2" -days 90 -addext "$authority" -keyout "$1.key" -out "$1.crt"
}
signed() { # name, issuer, days, extensions; its key is there
    openssl req -new -key "$1.key" -passin env:PASSPHRASE -subj "/CN=$1" -out "$1.csr"
    printf '%s\n' "$4" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -days "$3" -extfile "$1.ext" -out "$1.crt"
}

root old-root '/CN=elastic ce master'
root root /CN=Root
for name in Middle old-ui old-proxy proxy; do
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$name.key"
done
signed Middle root 60 "$authority"
mv Middle.crt middle.crt && mv Middle.key middle.key

signed old-ui old-root 60 'subjectAltName=DNS:localhost'
signed old-proxy old-root 60 'subjectAltName=DNS:*.ip.es.io'
for name in old-ui old-proxy; do cat "$name.key" "$name.crt" old-root.crt >"$name.pem"; done

openssl genrsa -traditional -aes256 -passout env:PASSPHRASE -out ui.key 2048
signed ui middle 50 'subjectAltName=DNS:localhost'
signed proxy middle 50 'subjectAltName=DNS:*.ece.example.com,DNS:*.apm.ece.example.com,DNS:*.fleet.ece.example.com'
cat root.crt proxy.crt middle.crt proxy.key >proxy.pem

# The same key with other certificates, and other keys.
for name in other expired; do
    ln -s ui.key "$name.key"
    signed "$name" middle "$([ "$name" = expired ] && echo -1 || echo 40)" 'subjectAltName=DNS:localhost'
    rm "$name.key"
done
openssl genrsa -out other.key 2048
openssl ecparam -name prime256v1 -genkey -noout -out ec.key
signed ec middle 50 'subjectAltName=DNS:localhost'
