# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elasticsearch and Kibana in systemd containers, for tests."""
