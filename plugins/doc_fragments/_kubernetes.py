# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to Kubernetes."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment ``_kubernetes``."""

    DOCUMENTATION = r"""
requirements:
  - the collection kubernetes.core >= 3.0.0 on the controller
  - kubernetes >= 24.2 (Python library) on the host that runs the task
  - cryptography >= 38.0
options:
  kubeconfig:
    description:
      - Path of a kubeconfig, or its content. The one of C(kubectl) by default; E(K8S_AUTH_KUBECONFIG) is read, too.
      - All options of the connection, and their environment variables, are those of M(kubernetes.core.k8s).
    type: raw
  context:
    description: Context in the kubeconfig. E(K8S_AUTH_CONTEXT).
    type: str
  host:
    description: URL of the API. E(K8S_AUTH_HOST).
    type: str
  api_key:
    description: Token that logs in to the API. E(K8S_AUTH_API_KEY).
    type: str
  username:
    description: User that logs in to the API. E(K8S_AUTH_USERNAME).
    type: str
  password:
    description: Password of O(username). E(K8S_AUTH_PASSWORD).
    type: str
  validate_certs:
    description: Whether the certificate of the API is verified. E(K8S_AUTH_VERIFY_SSL).
    type: bool
    aliases: [verify_ssl]
  ca_cert:
    description: PEM file with the authority that the certificate of the API leads to. E(K8S_AUTH_SSL_CA_CERT).
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description: PEM file with the certificate that logs in to the API. E(K8S_AUTH_CERT_FILE).
    type: path
    aliases: [cert_file]
  client_key:
    description: PEM file with its private key. E(K8S_AUTH_KEY_FILE).
    type: path
    aliases: [key_file]
  proxy:
    description: URL of a proxy to the API. E(K8S_AUTH_PROXY).
    type: str
  no_proxy:
    description: Hosts that are reached without the proxy, separated by commas. E(K8S_AUTH_NO_PROXY).
    type: str
  proxy_headers:
    description: Headers for the proxy.
    type: dict
    suboptions:
      proxy_basic_auth:
        description: User and password for the proxy, separated by a colon.
        type: str
      basic_auth:
        description: User and password for the API, separated by a colon.
        type: str
      user_agent:
        description: What the client calls itself.
        type: str
  persist_config:
    description: Whether the kubeconfig is written where a token in it is refreshed. E(K8S_AUTH_PERSIST_CONFIG).
    type: bool
  impersonate_user:
    description: User in whose name the API is asked. E(K8S_AUTH_IMPERSONATE_USER).
    type: str
  impersonate_groups:
    description: Groups in whose name the API is asked. E(K8S_AUTH_IMPERSONATE_GROUPS).
    type: list
    elements: str
attributes:
  action_group:
    description: Use C(group/stacktls.elastic.eck) in C(module_defaults) to set the options of the connection once.
    support: full
    membership:
      - stacktls.elastic.eck
"""
