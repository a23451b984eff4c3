# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action ``eck_certificate``, with its module run in this process against a cluster in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest
from acting import Site
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible_collections.stacktls.elastic.plugins.action import eck_certificate as action
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_certificate import manage_eck_certificate
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_certificate_arguments import MODULE_ARGUMENTS
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError

sys.path.append(str(Path(__file__).parents[1] / "module_utils" / "_eck"))
from clusters import FakeCluster

SECRETS = ("authority-secret", "PRIVATE KEY")


class InProcess(action.ActionModule):
    def __init__(self, cluster, arguments, check_mode):
        task = SimpleNamespace(args=arguments, check_mode=check_mode, async_val=0, action="x", get_search_path=list)
        connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None), has_pipelining=True)
        super().__init__(task, connection, SimpleNamespace(check_mode=check_mode), DataLoader(), None, None)
        self.cluster, self.calls = cluster, []

    def _execute_module(self, module_name=None, module_args=None, task_vars=None, **_options):
        sent = json.loads(json.dumps(module_args))
        self.calls.append(sent)
        params = ArgumentSpecValidator(**MODULE_ARGUMENTS).validate(sent).validated_parameters
        try:
            now = datetime.now(timezone.utc)
            return manage_eck_certificate(params, self.cluster, now, check_mode=self._task.check_mode)
        except StackTlsError as error:
            return {"failed": True, "msg": str(error)}


class Eck:
    def __init__(self, folder):
        self.site, self.cluster, self.folder = Site(folder), FakeCluster(), folder
        self.site.make_authority()
        self.ours = {"ca_path": str(folder / "ca"), "ca_passphrase": "authority-secret"}

    def run(self, check_mode=False, **given):
        task = {"name": "s", "common_name": "es", "subject_alt_names": ["es.default.svc"], **given}
        plugin = InProcess(self.cluster, task, check_mode)
        result = plugin.run(task_vars={"inventory_hostname": "localhost"})
        assert not any(secret in repr(result) for secret in SECRETS)
        return plugin, result

    @property
    def names(self):
        return sorted(name for _kind, _namespace, name in self.cluster.objects)


@pytest.fixture
def eck(tmp_path):
    return Eck(tmp_path)


def test_two_round_trips_issue_and_one_keeps(eck):
    plugin, announced = eck.run(check_mode=True, **eck.ours)
    assert (announced["changed"], eck.names) == (True, [])
    plugin, result = eck.run(**eck.ours)
    assert [call["phase"] for call in plugin.calls] == ["inspect", "install"]
    assert not any(secret in repr(plugin.calls) for secret in SECRETS), "no secret goes to the host"
    assert ([reason["code"] for reason in result["reasons"]], eck.names) == (["missing"], ["s"])
    plugin, kept = eck.run(**eck.ours)
    assert ([call["phase"] for call in plugin.calls], kept["changed"]) == (["inspect"], False)


def test_a_wrong_passphrase_leaves_no_key_behind(eck):
    plugin, result = eck.run(ca_path=eck.ours["ca_path"], ca_passphrase="wrong-secret")
    assert result["failed"]
    assert "cannot be opened with this passphrase" in result["msg"]
    assert [call["phase"] for call in plugin.calls] == ["inspect", "discard"]
    assert eck.names == []


def test_a_person_signs(eck):
    task = {"signer": "csr_only", "requests_path": str(eck.folder / "requests")}
    _plugin, waiting = eck.run(**task)
    assert (waiting["waiting"], eck.names) == (True, ["s-pending"])
    assert not eck.run(**task)[1]["changed"]
    request = eck.folder / "requests" / "localhost-s.csr"
    root = ("-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Person", "-keyout", "k.pem", "-out", "c.pem")
    for arguments in (
        ("req", "-x509", *root, "-days", "2000"),
        (
            "x509",
            "-req",
            "-in",
            request,
            "-CA",
            "c.pem",
            "-CAkey",
            "k.pem",
            "-copy_extensions",
            "copyall",
            "-days",
            "398",
            "-out",
            "a.pem",
        ),
    ):
        subprocess.run(["openssl", *map(str, arguments)], cwd=eck.folder, check=True, capture_output=True)
    answer = (eck.folder / "a.pem").read_text() + (eck.folder / "c.pem").read_text()
    (eck.folder / "requests" / "localhost-s.crt").write_text(answer)
    _plugin, result = eck.run(**task)
    assert (result["changed"], result["certificate"]["issuer"], eck.names) == (True, "CN=Person", ["s"])
    assert not request.exists()


def test_a_file_of_the_controller_is_sent_only_where_it_is_due(eck):
    made = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "k.pem", "-out", "c.pem")
    names = ("-subj", "/CN=es", "-addext", "subjectAltName=DNS:es.default.svc")
    subprocess.run(["openssl", "req", "-x509", *made, *names], cwd=eck.folder, check=True, capture_output=True)
    paths = {"source_certificate_path": str(eck.folder / "c.pem"), "source_private_key_path": str(eck.folder / "k.pem")}
    plugin, result = eck.run(signer="brought", **paths)
    assert ([call["phase"] for call in plugin.calls], result["changed"]) == (["inspect", "install"], True)
    plugin, result = eck.run(signer="brought", **paths)
    assert ([call["phase"] for call in plugin.calls], result["changed"]) == (["inspect"], False)
    assert "PRIVATE KEY" not in repr(plugin.calls)
    _plugin, result = eck.run(signer="brought", **{**paths, "source_private_key_path": "/nowhere.key"})
    assert "/nowhere.key: there is no such file on the controller." in result["msg"]


def test_one_round_trip_signs_itself(eck):
    plugin, result = eck.run(signer="self_signed")
    assert ([call["phase"] for call in plugin.calls], result["changed"]) == (["inspect"], True)
    assert not eck.run(signer="self_signed")[1]["changed"]
