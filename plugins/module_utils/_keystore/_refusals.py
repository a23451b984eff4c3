# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a file that is no store, or one that cannot be used."""

from __future__ import annotations

from .._errors import KeystoreError

NOTHING_WRITTEN = "Nothing was written."
RESTORE = f"Restore it from a backup, or remove it and set all its entries again. {NOTHING_WRITTEN}"


def not_a_keystore(product: str) -> KeystoreError:
    """The file is something else."""
    return KeystoreError(f"is not {product} keystore.", hint=f"Check the path. {NOTHING_WRITTEN}")


def too_new(version: str, known: str, product: str) -> KeystoreError:
    """The version of the format is not known yet.

    :param known: what is known, such as "version 1 is".
    """
    return KeystoreError(
        f"the keystore is of version {version}, but only {known} known.",
        hint=f"It belongs to a newer {product}: update this collection. {NOTHING_WRITTEN}",
    )


def damaged(how: str) -> KeystoreError:
    """The file is a store, but not a whole one."""
    return KeystoreError(f"the keystore is damaged: {how}.", hint=RESTORE)


def not_decrypted(product: str) -> KeystoreError:
    """A store that should open with the empty password does not."""
    return KeystoreError(
        "the keystore cannot be decrypted: it is damaged, or it has a password.",
        hint=f"Keystores of {product} with a password are not supported. {RESTORE}",
    )
