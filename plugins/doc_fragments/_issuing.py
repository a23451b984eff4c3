# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say who issues a certificate."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment ``_issuing``, for the options in ``module_utils/_issuing_arguments.py``."""

    DOCUMENTATION = r"""
options:
  subject:
    description:
      - Subject as RFC 2253 or RFC 4514 text, such as V(CN=es1.example.com,OU=ops,O=Example).
      - Mutually exclusive with O(common_name). One of the two is required, except where O(signer=brought).
    type: str
  common_name:
    description: Subject that has a common name only.
    type: str
  not_before:
    description:
      - When a new certificate becomes valid; in the past, for peers whose clock is behind.
      - A date such as V(2026-01-31) or V(2026-01-31T12:00:00Z) in UTC, or a span before now such as V(-1h), but not
        earlier than that of the authority itself.
      - A change of it does not replace a present certificate.
    type: str
    default: -1h
  renew_before:
    description:
      - Issue a new certificate so long before the present one expires, as a span such as V(30d) or a share of its
        lifetime such as V(33%).
      - A certificate that lasts as long as a new one would is not renewed.
    type: str
    default: 33%
  force:
    description: Issue a new certificate in any case.
    type: bool
    default: false
  ca_path:
    description: Absolute path of the folder that M(stacktls.elastic.certificate_authority) keeps.
    type: path
  ca_host:
    description:
      - Host of the inventory that O(ca_path) is on, the controller where this is not given. Certificates are
        signed there, so the private key of the authority does not travel.
      - It is reached with its own connection variables.
    type: str
  ca_private_key:
    description:
      - Private key of the authority as PEM text, from a vault, where there is no folder to keep. Its certificate,
        and those above it, are O(issuer_certificates).
      - No list of issued certificates is kept then.
    type: str
  ca_passphrase:
    description:
      - Passphrase of the authority's private key. It is used for signing only, and no managed host gets it.
    type: str
  issuer_certificates:
    description:
      - PEM text with certificates of authorities.
      - With O(ca_private_key) it is required. With O(ca_host) it saves asking that host.
      - For other signers these are the authorities that complete the chains, and one of them must be the root.
        Where it is not given, the chain has to come with the certificate, and any root will do.
    type: str
  signer_command:
    description:
      - Command on the controller, as a list of arguments. It gets the signing request in PEM form on its standard
        input, and prints the certificate, with the authorities above it, in PEM form.
      - The environment tells C(STACKTLS_HOST), C(STACKTLS_IDENTITY), C(STACKTLS_PROFILE),
        C(STACKTLS_SUBJECT_ALT_NAMES) (separated by commas) and C(STACKTLS_NOT_AFTER).
    type: list
    elements: str
  signer_environment:
    description: Further variables of the command's environment, such as a token.
    type: dict
    default: {}
  signer_timeout:
    description: How many seconds the command may take for a certificate.
    type: int
    default: 60
  requests_path:
    description:
      - Folder on the controller for signing requests. That of an identity is in C(HOST-NAME.csr), and its answer
        is looked for in C(HOST-NAME.crt). The request is removed when its answer is in force.
    type: path
  source_certificate_path:
    description:
      - PEM file with the certificate that is brought. The authorities above it may be in it too, in any order.
    type: path
  source_certificate:
    description: The same as text.
    type: str
  source_chain_path:
    description: PEM file with authorities above the certificate that is brought.
    type: path
  source_private_key_path:
    description: PEM file with its private key.
    type: path
  source_private_key:
    description: The same as text, from a vault.
    type: str
  source_pkcs12_path:
    description: PKCS#12 file with key, certificate and authorities that are brought, in place of PEM files.
    type: path
  remote_source:
    description:
      - Whether the C(source_) files are on the host that runs the task. Otherwise they are on the controller, where
        Ansible looks for them as M(ansible.builtin.copy) does, and they may be encrypted with Ansible Vault.
    type: bool
    default: false
"""
