# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One certificate authority takes the place of another in three stages, each of which hosts follow before the next.

trust    the former one signs, hosts trust both
issue    the next one signs, hosts trust both
drop     the next one signs, hosts trust it alone

The folder of the authority holds, beside what :mod:`._authority_store` says:

rotation.json     which stage it is, and which hosts have followed
former/, next/    the two authorities, each with ``ca.crt`` and ``ca.key``; and ``next/cross.crt``, where the former one
                  signed the next one as well
retired/          those that are not used any more, each in a folder with the beginning of its fingerprint

A stage is written down before the files are brought to it, and every run brings them to it again: one that is cut off
is completed by the next one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Callable

from ._authority_store import KEY_ATTRIBUTES, AuthorityStore
from ._certificate_authority import manage_certificate_authority
from ._certificate_authority_options import MODULE_ARGUMENTS
from ._errors import CertificateError, FileError
from ._io import SECRET_MODE, Attributes, make_folder, read_file, remove_file, require_file, write_file
from ._pki._authorities import Restrictions, lifetime_within, make_authority
from ._pki._certificates import (
    Lifetime,
    encode_certificates,
    fingerprint,
    is_self_signed,
    load_certificates,
)
from ._pki._dates import timestamp
from ._pki._names import print_name

if TYPE_CHECKING:
    from cryptography import x509

STAGES = ("trust", "issue", "drop")
UNDONE, RENEWED = "undone", "renewed"
_CERTIFICATE_MODE = 0o644
_NAMES = ("ca.key", "cross.crt", "ca.crt")
"""Of the files of an authority. The certificate goes last: it says which authority the others are of."""


ARGUMENTS: dict[str, Any] = {
    **MODULE_ARGUMENTS,
    "argument_spec": {
        **MODULE_ARGUMENTS["argument_spec"],
        "name": {"type": "str", "default": ""},
        "stage": {"type": "str", "choices": [*STAGES, "undo", "renew"]},
        "cross_sign": {"type": "bool", "default": False},
        "expected_hosts": {"type": "list", "elements": "str", "default": []},
        "proved_hosts": {"type": "list", "elements": "str", "default": []},
    },
    "required_if": [("stage", "trust", ["name"]), ("stage", "renew", ["name"])],
}
"""What the module accepts."""


@dataclass(frozen=True)
class Rotation:
    """How far a rotation has come.

    :param name: what its owner calls it; a rotation of one name is done once.
    :param stage: one of :data:`STAGES`, or ``undone``, or ``renewed`` where the same key got a new certificate.
    :param proved: hosts that were seen to have followed to this stage.
    :param undoing: whether it is on its way back.
    :param finished: when the last stage was followed by all hosts; empty before.
    """

    name: str
    stage: str
    began: str
    proved: tuple[str, ...] = ()
    undoing: bool = False
    finished: str = ""
    entered: dict[str, str] = field(default_factory=dict)

    def moved_to(self, stage: str, now: datetime, *, undoing: bool = False) -> Rotation:
        """The same at another stage, to which no host has followed yet."""
        entered = {**self.entered, stage: timestamp(now)}
        finished = "" if stage in STAGES else timestamp(now)
        return replace(self, stage=stage, proved=(), undoing=undoing, entered=entered, finished=finished)

    def missing(self, expected: Iterable[str]) -> list[str]:
        """The hosts that have not followed to this stage."""
        return [host for host in expected if host not in self.proved]


class RotatingStore(AuthorityStore):
    """A certificate authority that another one takes the place of."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.rotation_path = os.path.join(folder, "rotation.json")
        self.cross_path = os.path.join(folder, "next", "cross.crt")
        self.former = AuthorityStore(os.path.join(folder, "former"))
        self.next = AuthorityStore(os.path.join(folder, "next"))

    def rotation(self) -> Rotation | None:
        """The rotation that goes on, or the last one.

        :raises FileError: where it cannot be read.
        """
        content = read_file(self.rotation_path)
        if content is None:
            return None
        try:
            kept = json.loads(content)
            return Rotation(**{**kept, "proved": tuple(kept["proved"])})
        except (ValueError, TypeError, KeyError) as error:
            raise FileError(
                "does not hold the state of a rotation.", path=self.rotation_path, hint="Put it back from a backup."
            ) from error

    def signs_since(self) -> str:
        """When the authority that signs now took the place of one that nobody trusts any more; empty without one."""
        found = self.rotation()
        return found.entered["issue"] if found is not None and found.finished and found.stage == "drop" else ""

    def remember(self, rotation: Rotation) -> None:
        """Write down how far it has come."""
        content = json.dumps(asdict(rotation), indent=2, sort_keys=True).encode() + b"\n"
        write_file(self.rotation_path, content, Attributes(mode=SECRET_MODE))

    def settle(self, rotation: Rotation) -> bool:
        """Bring the files to what the stage says; true where one of them was not so."""
        signing, other = (self.former, self.next) if rotation.stage == "trust" else (self.next, self.former)
        certificates = require_file(signing.certificate_path)
        if rotation.stage == "issue":
            certificates += read_file(self.cross_path) or b""
        trusted = None if rotation.stage == "drop" else require_file(other.certificate_path)
        changed = [
            # The key comes first: who signs in between finds that the two do not belong together, and signs nothing.
            _put(self.key_path, require_file(signing.key_path), KEY_ATTRIBUTES),
            _put(self.certificate_path, certificates, Attributes()),
            remove_file(self.trusted_path) if trusted is None else _put(self.trusted_path, trusted, Attributes()),
        ]
        return any(changed)

    def finish(self, rotation: Rotation) -> bool:
        """Put away what a rotation leaves behind that is over; true where there was something."""
        left, kept = (self.next, self.former) if rotation.stage == UNDONE else (self.former, self.next)
        changed = [
            remove_file(self.trusted_path),
            rotation.stage == "drop" and self._free_names(rotation),
            self._retire(left),
            _discard(kept),
        ]
        return any(changed)

    def _free_names(self, rotation: Rotation) -> bool:
        """Let names that were retired before be used again, since nobody trusts what was signed for them."""
        retired = self.retired()
        kept = {name: since for name, since in retired.items() if since >= rotation.entered["issue"]}
        if kept == retired:
            return False
        self.write_retired(kept)
        return True

    def _retire(self, store: AuthorityStore) -> bool:
        """Keep an authority that is not used any more out of the way."""
        certificate = read_file(store.certificate_path)
        if certificate is not None:
            target = os.path.join(self.folder, "retired", fingerprint(load_certificates(certificate)[0])[:16])
            make_folder(os.path.dirname(target), Attributes(mode=0o700))
            make_folder(target, Attributes(mode=0o700))
            for name in _NAMES:
                content = read_file(os.path.join(store.folder, name))
                if content is not None:
                    _put(os.path.join(target, name), content, KEY_ATTRIBUTES)
        return _discard(store)


def rotate(params: dict[str, Any], warn: Callable[[str], None], *, check_mode: bool) -> dict[str, Any]:
    """Bring a rotation to a stage, or write down which hosts have followed; returns the module's result.

    :raises StackTlsError: where the stage may not be entered yet, or one of the authorities cannot be used.
    """
    return _Rotating(params, warn, check_mode=check_mode).run()


class _Rotating:
    """One call of the module."""

    def __init__(self, params: dict[str, Any], warn: Callable[[str], None], *, check_mode: bool) -> None:
        self._params = params
        self._warn = warn
        self._check_mode = check_mode
        self._now = datetime.now(timezone.utc)
        self._store = RotatingStore(params["path"])

    def run(self) -> dict[str, Any]:
        """The module's work."""
        self._store.require()
        if self._check_mode:
            return self._run()
        with self._store.locked():
            return self._run()

    def _run(self) -> dict[str, Any]:
        found = self._store.rotation()
        wanted = self._moved(found)
        if wanted is not None and self._params["proved_hosts"]:
            wanted = self._proved(wanted)
        settled = False
        if wanted is not None and not self._check_mode:
            settled = self._write(found, wanted)
        return self._result(found, wanted, changed=settled or wanted != found)

    def _moved(self, found: Rotation | None) -> Rotation | None:
        """The rotation as it should be now, before hosts are asked to follow."""
        stage = self._params["stage"]
        if stage is None:
            return found
        if stage == "undo":
            return self._taken_back(found)
        if stage in ("trust", "renew") and self._may_begin(found):
            self._require_usable(self._store)
            first = RENEWED if stage == "renew" else stage
            return Rotation(self._params["name"], "", timestamp(self._now)).moved_to(first, self._now)
        if found is None:
            raise CertificateError(
                f"no rotation has begun, so there is no stage {stage!r}.", hint="Begin with 'trust'."
            )
        return found if found.finished else self._advanced(found, stage)

    def _may_begin(self, found: Rotation | None) -> bool:
        if found is None:
            return True
        return bool(found.finished) and (found.stage == UNDONE or found.name != self._params["name"])

    def _advanced(self, found: Rotation, stage: str) -> Rotation:
        """One stage on, or where it is already; one that was on its way back turns round."""
        if stage == "renew":
            raise CertificateError(
                f"the rotation {found.name!r} is at its stage {found.stage!r}.", hint="Bring it to its end, or undo it."
            )
        found = replace(found, undoing=False)
        ahead = STAGES.index(stage) - STAGES.index(found.stage)
        if ahead <= 0:
            return found
        if ahead > 1:
            raise CertificateError(
                f"the stage after {found.stage!r} is not {stage!r}.", hint="Take one after the other."
            )
        self._require_followed(found, f"the stage {stage!r} cannot begin")
        if stage == "issue":
            self._require_usable(self._store.next)
        return found.moved_to(stage, self._now)

    def _taken_back(self, found: Rotation | None) -> Rotation:
        """One stage back; where hosts have not followed to the last stage back, it stays there."""
        if found is not None and found.stage == UNDONE:
            return found
        if found is None or found.finished:
            raise CertificateError(
                "no rotation goes on that could be undone.", hint="After its end only another rotation leads back."
            )
        if found.stage == "drop":
            raise CertificateError(
                "the former authority is not trusted any more, so its certificates cannot come back.",
                hint="Let this rotation come to its end, and begin another one.",
            )
        if found.stage == "issue":
            return found.moved_to("trust", self._now, undoing=True)
        if found.undoing and self._missing(found):
            return found
        return found.moved_to(UNDONE, self._now, undoing=True)

    def _steps_back(self, found: Rotation | None) -> int:
        """How often it has to be undone, until nobody trusts the next authority."""
        if found is not None and found.stage == UNDONE:
            return int(bool(self._missing(found)))
        is_far = found is not None and (found.stage == "issue" or (found.undoing and bool(self._missing(found))))
        return 2 if is_far else 1

    def _missing(self, rotation: Rotation) -> list[str]:
        """Those of the expected hosts that have not followed to its stage."""
        return rotation.missing(self._params["expected_hosts"])

    def _require_followed(self, found: Rotation, what: str) -> None:
        missing = self._missing(found)
        if missing:
            raise CertificateError(
                f"{what}: {', '.join(missing)} did not follow to the stage {found.stage!r} yet.",
                hint="Run that stage again for them, or take them out of the inventory.",
            )

    def _require_usable(self, store: AuthorityStore) -> None:
        """Check that the authority that is to sign and its passphrase can be used."""
        store.authority(store.certificates(self._now)[0], self._params["passphrase"])

    def _proved(self, rotation: Rotation) -> Rotation:
        proved = tuple(dict.fromkeys([*rotation.proved, *self._params["proved_hosts"]]))
        done = rotation.stage == "drop" and not rotation.finished
        rotation = replace(rotation, proved=proved)
        if done and not self._missing(rotation):
            return replace(rotation, finished=timestamp(self._now))
        return rotation

    def _write(self, found: Rotation | None, wanted: Rotation) -> bool:
        """Bring the folder to it; true where a file of an authority was not so."""
        if wanted.stage == "trust" and len(self._store.next.missing_parts()) > 0:
            self._prepare()
        if wanted.stage == RENEWED and (found is None or wanted.entered != found.entered):
            self._renew()
        if wanted != found:
            self._store.remember(wanted)
        return self._store.finish(wanted) if wanted.finished else self._store.settle(wanted)

    def _prepare(self) -> None:
        """Have both authorities beside each other, before anything else changes."""
        make_folder(self._store.former.folder, Attributes(mode=0o700))
        _put(self._store.former.key_path, require_file(self._store.key_path), KEY_ATTRIBUTES)
        _put(self._store.former.certificate_path, require_file(self._store.certificate_path), Attributes())
        _discard(self._store.next)  # what a run left that was cut off here
        manage_certificate_authority({**self._wish(), "path": self._store.next.folder}, self._warn, check_mode=False)
        if self._params["cross_sign"]:
            cross = self._cross_signed()
            self._store.record([(cross, self._store.folder)], self._now)
            _put(self._store.cross_path, encode_certificates([cross]), Attributes())

    def _wish(self) -> dict[str, Any]:
        """The options of the next authority, which has the name of the present one where none is given."""
        if self._params["subject"] or self._params["common_name"]:
            return self._params
        present = self._store.certificates(self._now)[0]
        return {**self._params, "subject": print_name(present.subject)}

    def _renew(self) -> None:
        """A new certificate for the same name and key: what was signed before is as good below the new one."""
        present, *above = self._store.certificates(self._now)
        if not is_self_signed(present):
            raise CertificateError(
                f"{print_name(present.subject)!r} is an intermediate authority.",
                hint="Renew it where its issuer is, and bring it with the options import_certificate and import_chain.",
            )
        authority = self._store.authority(present, self._params["passphrase"])
        lifetime = Lifetime.from_texts(self._params["not_before"], self._params["not_after"], self._now)
        renewed = make_authority(present.subject, authority.key, lifetime, Restrictions.of(present))
        self._store.record([(renewed, self._store.folder)], self._now)
        self._store.write_certificates([renewed, *above])

    def _cross_signed(self) -> x509.Certificate:
        """The next authority as an intermediate one below the former: who trusts that one alone accepts both."""
        chain = self._store.former.certificates(self._now)
        former = self._store.former.authority(chain[0], self._params["passphrase"])
        present = self._store.next.certificates(self._now)[0]
        key = self._store.next.authority(present, self._params["passphrase"]).key
        lifetime = lifetime_within(Lifetime.of(present), chain)
        return make_authority(present.subject, key, lifetime, Restrictions.of(present), former)

    def _result(self, found: Rotation | None, wanted: Rotation | None, *, changed: bool) -> dict[str, Any]:
        before, after = _shown(found), _shown(wanted)
        header = self._store.rotation_path
        return {
            "changed": changed,
            "rotation": after,
            "missing_hosts": self._missing(wanted) if wanted else [],
            "done_stages": self._done(wanted),
            "steps_back": self._steps_back(wanted),
            "ca_certificates": encode_certificates(self._store.certificates(self._now)).decode(),
            "trusted_certificates": encode_certificates(self._store.trusted()).decode(),
            "dropped_certificates": self._dropped(wanted),
            "diff": {"before": before, "after": after, "before_header": header, "after_header": header},
        }

    def _done(self, rotation: Rotation | None) -> list[str]:
        """The stages that all expected hosts have followed to; of a name that has come to its end, all."""
        if rotation is None or rotation.stage == UNDONE:
            return []
        if rotation.finished:
            return list(STAGES) if rotation.name == self._params["name"] else []
        return list(STAGES[: STAGES.index(rotation.stage) + (not self._missing(rotation))])

    def _dropped(self, rotation: Rotation | None) -> str:
        if rotation is None or rotation.stage != "drop":
            return ""
        return (read_file(self._store.former.certificate_path) or b"").decode()


def _shown(rotation: Rotation | None) -> dict[str, Any]:
    return {} if rotation is None else {**asdict(rotation), "proved": list(rotation.proved)}


def _discard(store: AuthorityStore) -> bool:
    """Remove the files of an authority; true where there were some."""
    removed = [remove_file(os.path.join(store.folder, name)) for name in _NAMES]
    if os.path.isdir(store.folder) and not os.listdir(store.folder):
        os.rmdir(store.folder)
    return any(removed)


def _put(path: str, content: bytes, attributes: Attributes) -> bool:
    """Write the file where it does not hold this; true where that was so."""
    if read_file(path) == content:
        return False
    write_file(path, content, attributes, default_mode=_CERTIFICATE_MODE)
    return True
