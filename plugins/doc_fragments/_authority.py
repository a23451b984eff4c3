# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that make certificate authorities."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment ``_authority``."""

    DOCUMENTATION = r"""
options:
  path:
    description: Absolute path of the folder. A new one gets the mode V(0700).
    type: path
    required: true
  passphrase:
    description:
      - Passphrase of C(ca.key).
      - A private key that is not encrypted yet is encrypted with it.
    type: str
  allow_unencrypted_key:
    description: Accept a private key without a passphrase.
    type: bool
    default: false
  common_name:
    description: Common name of a new authority. Mutually exclusive with O(subject).
    type: str
  subject:
    description: Subject of a new authority as RFC 2253 text, such as V(CN=Stack CA,O=Example).
    type: str
  key_type:
    description:
      - Private key of a new authority; V(ec-p256) where this is not given.
      - Like the subject, it is a wish for a new authority only. A present one that differs is kept, with a warning
        unless it was imported.
      - Elasticsearch, Node.js, Go and OpenSSL verify what any of these keys signed. Kibana reads from a PKCS#12 file
        only what an RSA key signed. Browsers do not know V(ed25519), so it is no choice where they meet certificates
        of this authority, such as that of Kibana's server.
    type: str
    choices: [ec-p256, ec-p384, ec-p521, rsa-2048, rsa-3072, rsa-4096, ed25519]
  not_before:
    description:
      - When a new authority becomes valid, in the past, for hosts whose clock is behind.
      - A date such as V(2026-01-31) in UTC, or a span before now such as V(-1h).
    type: str
    default: -1h
  not_after:
    description:
      - When a new authority expires. An intermediate one ends with those above it, if that is sooner.
      - A date, or a span after now such as V(+3650d). The units are w, d, h, m and s.
    type: str
    default: +3650d
  path_length:
    description:
      - How many authorities may follow one another below a new authority. With V(0) it signs certificates of hosts and
        people only. Without it, any number may follow.
    type: int
  name_constraints_permitted:
    description:
      - For which names a new authority may sign, such as V(DNS:example.com), which is the domain and every name below
        it, or V(IP:10.0.0.0/8). Kinds of names that are not in the list stay free.
      - The common name of a client counts as a host name where it looks like one, such as V(kibana-client), and there
        is no other. So permit it as well, or give such certificates a subject alternative name.
      - M(stacktls.elastic.certificate) signs nothing that the constraints of the chain forbid. The extension is
        critical, as RFC 5280 demands. OpenSSL and Go obey it in every authority; Java, and so Elasticsearch, does so in
        intermediate ones.
    type: list
    elements: str
  name_constraints_excluded:
    description: For which names a new authority may not sign, in the form of O(name_constraints_permitted).
    type: list
    elements: str
  key_usage:
    description:
      - What a new authority may do with its key, by the names of RFC 5280; V(keyCertSign) and V(cRLSign) where this is
        not given. V(keyCertSign) is always added. The extension is critical.
    type: list
    elements: str
    choices: [keyCertSign, cRLSign, digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment, keyAgreement]
  issuer_path:
    description:
      - Folder of another authority on the same machine that signs a new one, which becomes an intermediate authority.
        It is written into the ledger of that folder.
      - It is refused where the path length or the name constraints of the authorities above forbid it.
      - Once the authority is in O(path), this folder may be taken away. While it is there, a renewed certificate in it
        is taken over into the chain.
    type: path
  issuer_passphrase:
    description: Passphrase of the private key in O(issuer_path).
    type: str
  import_certificate:
    description:
      - PEM file, on the same machine, with the certificate of an existing authority. Those above it may follow in the
        same file.
      - Once the authority is in O(path), this file and the private key may be removed. While it exists, a new
        certificate or chain in it is taken over, if it is one of the same private key.
    type: path
  import_certificate_content:
    description: The same as text, in place of the file.
    type: str
  import_chain:
    description: PEM file with the certificates above the imported one, up to the self-signed root.
    type: path
  import_private_key:
    description:
      - PEM file, on the same machine, with the private key that belongs to the imported certificate. PKCS#8, PKCS#1 and
        SEC 1 are read, encrypted or not.
    type: path
  import_private_key_content:
    description: The same as text, in place of the file, for a key that lives in a vault.
    type: str
  import_pkcs12:
    description:
      - PKCS#12 file with certificate and private key of an existing authority, such as the C(elastic-stack-ca.p12) that
        C(elasticsearch-certutil ca) writes. As with O(import_certificate), it may be removed afterwards.
    type: path
  import_passphrase:
    description:
      - Passphrase of the imported private key or PKCS#12 file, where there is one. A PKCS#12 file with the empty
        password opens without it.
    type: str
"""
