# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence of an audit, made up: certificates without keys, and services that have them."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone

from ansible_collections.stacktls.elastic.plugins.module_utils._pki._dates import parse_margin, timestamp
from ansible_collections.stacktls.elastic.plugins.plugin_utils._audit import (
    AuthorityFolder,
    Certificate,
    Endpoint,
    Evidence,
    Look,
    make_report,
)

NOW = datetime(2026, 11, 28, 10, 0, tzinfo=timezone.utc)


def certificate(subject="CN=es1", issuer="CN=CA", starts=-30, ends=367, serial=1, **more):
    """As ``audit_info`` describes one; without PEM, who issued it is a matter of names."""
    digest = hashlib.sha256(f"{subject}{issuer}{starts}{ends}{serial}".encode("utf-8", "replace")).hexdigest()
    return {
        "subject": subject,
        "issuer": issuer,
        "serial_number": f"{serial:02X}",
        "fingerprint_sha256": digest,
        "not_before": timestamp(NOW + timedelta(days=starts)),
        "not_after": timestamp(NOW + timedelta(days=ends)),
        "subject_alt_names": ["DNS:es1"],
        "key_type": "ec-p256",
        "signature_hash": "sha256",
        "ca": False,
        "self_signed": subject == issuer,
        "public_key": digest,
        **more,
    }


def authority(subject="CN=CA", **more):
    return certificate(subject, subject, ends=3650, ca=True, **more)


def file(path, *certificates, **more):
    kind = "authorities" if certificates and all(each["ca"] for each in certificates) else "certificate"
    told = {"path": path, "state": "ok", "problem": "", "mode": "0644", "world_readable": True, "kind": kind}
    return {**told, "encrypted": False, "private_key": None, "certificates": list(certificates), **more}


def reference(setting, path):
    group, _dot, use = setting.rpartition(".")
    return {
        "setting": setting,
        "group": group,
        "use": use.replace("certificate_authorities", "authorities"),
        "path": path,
    }


HTTP = "xpack.security.http.ssl"


def service(*files, host="es1", references=(), disk=(), **more):
    """A service as the playbook keeps one."""
    told = {"config_path": "/etc/elasticsearch", "files": list(files), "references": list(references), **dict(disk)}
    return {"host": host, "service": "elasticsearch", "disk": told, **more}


def endpoint(*certificates, state="tls", **more):
    told = {
        "endpoint": "es1:9200",
        "state": state,
        "problem": "",
        "certificates": list(certificates),
        "name_covered": True,
    }
    return {**told, **more}


def folder(*certificates, issued=None, **more):
    told = {
        "path": "/ca",
        "state": "ok",
        "problem": "",
        "certificates": list(certificates),
        "trusted": [],
        "issued": issued,
    }
    return {**told, "private_key": {}, "rotation": "", **more}


def evidence(*services, authorities=(), outside=(), given=(), margin="33%"):
    return Evidence(
        now=NOW,
        looks=tuple(Look.of(each) for each in services),
        authorities=tuple(AuthorityFolder.of(each) for each in authorities),
        outside=tuple(Endpoint.of(each) for each in outside),
        given=tuple(Certificate.of(each) for each in given),
        margin=parse_margin(margin),
        authority_margin=parse_margin("397d"),
    )


def report(*services, **more):
    return make_report(evidence(*services, **more))


def kinds(*services, **more):
    """What is found, as level, kind and subject."""
    return [(each.level, each.kind, each.subject) for each in report(*services, **more).findings]
