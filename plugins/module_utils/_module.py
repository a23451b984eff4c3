# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How every module of the collection runs: one piece of work, one result, errors in words."""

from __future__ import annotations

from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._errors import ApiError, StackTlsError

try:
    import cryptography
except ImportError:
    CRYPTOGRAPHY_VERSION: tuple[int, ...] = (0,)
else:
    CRYPTOGRAPHY_VERSION = tuple(int(part) for part in cryptography.__version__.split(".")[:2])

CRYPTOGRAPHY_MINIMUM = (38, 0)
_WANTED = "cryptography >= " + ".".join(str(part) for part in CRYPTOGRAPHY_MINIMUM)


def run_module(module: AnsibleModule, work: Callable[[], dict[str, Any]]) -> None:
    """Do the work and exit with its result, or fail with the error's words."""
    try:
        result = work()
    except ApiError as error:
        module.fail_json(msg=str(error), status=error.status)
    except StackTlsError as error:
        module.fail_json(msg=str(error))
    else:
        module.exit_json(**result)


def require_cryptography(module: AnsibleModule) -> None:
    """Fail where the host's ``cryptography`` is missing or too old."""
    if CRYPTOGRAPHY_VERSION < CRYPTOGRAPHY_MINIMUM:
        module.fail_json(msg=missing_required_lib(_WANTED))


def require_cryptography_here() -> None:
    """Check the ``cryptography`` of the controller, for plugins that run there.

    :raises StackTlsError: where it is missing or too old.
    """
    if CRYPTOGRAPHY_VERSION < CRYPTOGRAPHY_MINIMUM:
        raise StackTlsError(f"the controller needs the Python library {_WANTED}.")
