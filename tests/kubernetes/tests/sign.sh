#!/bin/sh
# An authority of somebody else: openssl, which answers only those who have the token.
set -eu
cd "$1"
[ -n "$TOKEN" ]
cat >request.csr
openssl x509 -req -in request.csr -CA other.crt -CAkey other.key -CAcreateserial -copy_extensions copyall -days 398 2>/dev/null
cat other.crt
