# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of keys, certificates and containers, by the names that options give them."""

from __future__ import annotations

KEY_TYPES = ("ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096", "ed25519")

PROFILES = ("server", "client", "both")
"""What the owner of a certificate is in a TLS connection."""

ENCRYPTIONS = ("aes-256", "aes-128", "3des")
"""PBES2 with AES-CBC and a SHA-256 MAC, or what every Java and node-forge read: PBE-SHA1-3DES and a SHA-1 MAC."""
