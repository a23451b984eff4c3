# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The custom resources of ECK: what each calls its objects, and which TLS fields its API has.

Read from the API types and namers of the operator, version 3.5 (github.com/elastic/cloud-on-k8s).
"""

from __future__ import annotations

from dataclasses import dataclass

from .._errors import StackTlsError
from .._pki._sans import AlternativeName, parse_alternative_name

CLUSTER_DOMAIN = "cluster.local"
"""What most clusters call themselves; see the option ``clusterDomain`` of the kubelet."""


@dataclass(frozen=True)
class Kind:
    """A kind of resource.

    :param suffix: what its objects have in their names: ``<name>-<suffix>-http-certs-public``.
    :param has_http: whether it serves HTTP, and so has TLS options.
    :param service: what its service has after the suffix.
    :param client_authentication: since which ECK it can ask clients for certificates, empty where it cannot.
    :param reference: its field that names the Elasticsearch that it is a client of.
    :param has_references: whether that field is a list.
    """

    name: str
    api_version: str
    suffix: str
    has_http: bool = True
    service: str = "http"
    client_authentication: str = ""
    reference: str = ""
    has_references: bool = False

    @property
    def has_transport(self) -> bool:
        """Whether it has a transport layer."""
        return self.name == "Elasticsearch"

    @property
    def names_services(self) -> bool:
        """Whether its services, each with TLS options of its own, are a list."""
        return self.name == "Logstash"


KINDS = {
    kind.name: kind
    for kind in (
        Kind("Elasticsearch", "elasticsearch.k8s.elastic.co/v1", "es", client_authentication="3.4"),
        Kind("Kibana", "kibana.k8s.elastic.co/v1", "kb", reference="elasticsearchRef"),
        Kind("ApmServer", "apm.k8s.elastic.co/v1", "apm", reference="elasticsearchRef"),
        Kind("EnterpriseSearch", "enterprisesearch.k8s.elastic.co/v1", "ent", reference="elasticsearchRef"),
        Kind(
            "Agent",
            "agent.k8s.elastic.co/v1alpha1",
            "agent",
            client_authentication="3.5",
            reference="elasticsearchRefs",
            has_references=True,
        ),
        Kind("Beat", "beat.k8s.elastic.co/v1beta1", "beat", has_http=False, reference="elasticsearchRef"),
        Kind(
            "Logstash",
            "logstash.k8s.elastic.co/v1alpha1",
            "ls",
            service="api",
            reference="elasticsearchRefs",
            has_references=True,
        ),
        Kind("ElasticMapsServer", "maps.k8s.elastic.co/v1alpha1", "ems", reference="elasticsearchRef"),
        Kind("PackageRegistry", "packageregistry.k8s.elastic.co/v1alpha1", "epr"),
    )
}


def kind_of(name: str) -> Kind:
    """The kind of this name.

    :raises StackTlsError: where ECK has none, or none with TLS.
    """
    try:
        return KINDS[name]
    except KeyError:
        raise StackTlsError(
            f"{name!r} is no kind of resource that ECK secures.", hint=f"It has {', '.join(KINDS)}."
        ) from None


@dataclass(frozen=True)
class Names:
    """What the operator calls the objects of a resource."""

    kind: Kind
    name: str
    namespace: str

    def __str__(self) -> str:
        return f"{self.kind.name} {self.namespace}/{self.name}"

    @property
    def service(self) -> str:
        """The service that clients use."""
        return self._named(self.kind.service)

    @property
    def public_secret(self) -> str:
        """Its certificate, and the authorities that it leads to; no key."""
        return self._named("http-certs-public")

    @property
    def authority_secret(self) -> str:
        """The authority that the operator made for it, with its private key."""
        return self._named("http-ca-internal")

    @property
    def transport_secret(self) -> str:
        """The authority of the transport layer; no key."""
        return self._named("transport-certs-public")

    @property
    def own_secret(self) -> str:
        """What this collection calls a Secret with a certificate for it, as Elastic's examples do."""
        return self._named("cert")

    def service_names(self, domain: str = CLUSTER_DOMAIN) -> tuple[AlternativeName, ...]:
        """Every name by which clients in the cluster reach the service."""
        host = f"{self.service}.{self.namespace}"
        forms = (self.service, host, f"{host}.svc", f"{host}.svc.{domain}")
        return tuple(parse_alternative_name(f"DNS:{form}") for form in forms)

    @property
    def required_name(self) -> AlternativeName:
        """The name by which the operator lets other resources reach the service: no certificate works without it."""
        return parse_alternative_name(f"DNS:{self.service}.{self.namespace}.svc")

    def _named(self, last: str) -> str:
        return f"{self.name}-{self.kind.suffix}-{last}"
