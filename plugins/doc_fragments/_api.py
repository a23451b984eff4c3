# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that talk with Elasticsearch."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment ``_api``."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - Addresses of Elasticsearch, such as V(https://es1.example.com:9200). They are tried in this order.
      - The next one is tried where an endpoint cannot be connected, or speaks plain HTTP where V(https://) is asked
        for or the other way round. It is never tried after an answer, nor after a certificate that is not trusted.
      - An address that begins with V(http://) sends the credentials in the clear. List it only where that is wanted,
        for example while a cluster gets its TLS.
      - Without a port it is 443 or 80, as in any URL. Proxies of the environment are not used.
    type: list
    elements: str
    required: true
  ca_path:
    description:
      - File on the managed host with the CA certificates in PEM form that are trusted for this connection.
      - Without it the CAs of the system are trusted; with it only those in the file.
    type: path
  validate_certs:
    description:
      - Whether the certificate of Elasticsearch is verified, its names included.
      - Switching this off lets anybody in between read the credentials.
    type: bool
    default: true
  username:
    description: User to log in as. Needs O(password).
    type: str
  password:
    description: Password of O(username).
    type: str
  api_key:
    description: API key to log in with, as V(id:key) or in its encoded form.
    type: str
  token:
    description: Token of a service account or of the token service to log in with.
    type: str
  client_certificate_path:
    description:
      - File on the managed host with the client certificate and its intermediates in PEM form.
      - With O(username), O(api_key) or O(token) Elasticsearch takes these as the login.
    type: path
  client_key_path:
    description: File on the managed host with its private key in PEM form. By default O(client_certificate_path).
    type: path
  client_key_passphrase:
    description: Opens the private key where that is encrypted. The key is decrypted in memory.
    type: str
  client_pkcs12_path:
    description:
      - File on the managed host with client certificate, private key and intermediates as PKCS#12.
      - Needs Linux and C(cryptography) 38 or newer there. The key is decrypted in memory.
    type: path
  client_pkcs12_password:
    description: Password of O(client_pkcs12_path), also the empty one.
    type: str
  timeout:
    description: Seconds that connecting and each answer may take.
    type: int
    default: 30
  retries:
    description:
      - How often to try again, with growing pauses of at most 8 seconds, where the connection is refused or lost or
        Elasticsearch answers 429, 502, 503 or 504.
    type: int
    default: 3
"""
