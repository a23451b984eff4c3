# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ECK operator serves, read out of its Secrets and judged by openssl: NAMESPACE/NAME-SUFFIX for each resource.

Private keys stay in this process and in a folder of its own.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException


def openssl(*arguments: str) -> tuple[int, str]:
    """Exit status and output."""
    done = subprocess.run(["openssl", *arguments], check=False, capture_output=True, text=True)
    return done.returncode, (done.stdout + done.stderr).strip()


def secret(api: client.CoreV1Api, namespace: str, name: str) -> dict[str, bytes]:
    """The entries of a Secret; none where it does not exist."""
    try:
        data = api.read_namespaced_secret(name, namespace).data or {}
    except ApiException as error:
        if error.status == 404:
            return {}
        raise
    return {key: base64.b64decode(value) for key, value in data.items()}


def read_back(api: client.CoreV1Api, namespace: str, prefix: str) -> dict[str, object]:
    """What openssl says of one resource."""
    public = secret(api, namespace, f"{prefix}-http-certs-public")
    internal = secret(api, namespace, f"{prefix}-http-certs-internal")
    service = f"{prefix}-{'api' if prefix.endswith('-ls') else 'http'}.{namespace}.svc"
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: str(Path(folder) / name) for name in ("tls.crt", "ca.crt", "tls.key")}
        for name, path in paths.items():
            Path(path).write_bytes({**internal, **public}.get(name, b""))
        verify = ["-CAfile", paths["ca.crt"], "-untrusted", paths["tls.crt"], "-verify_hostname", service]
        shown = "-noout", "-subject", "-issuer", "-fingerprint", "-sha256", "-ext", "subjectAltName,basicConstraints"
        key, certified = (
            openssl("pkey", "-in", paths["tls.key"], "-pubout"),
            openssl("x509", "-in", paths["tls.crt"], "-noout", "-pubkey"),
        )
        return {
            "verify": openssl("verify", "-purpose", "sslserver", *verify, paths["tls.crt"])[1],
            "text": openssl("x509", "-in", paths["tls.crt"], *shown)[1],
            "key_fits": key[0] == 0 and key == certified,
            "authorities": public.get("ca.crt", b"").count(b"BEGIN CERTIFICATE"),
            "same": internal.get("tls.crt") == public.get("tls.crt"),
        }


def main() -> None:
    """Print the report as JSON."""
    config.load_kube_config()
    api = client.CoreV1Api()
    report = {each: read_back(api, *each.split("/")) for each in sys.argv[1:]}
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()
