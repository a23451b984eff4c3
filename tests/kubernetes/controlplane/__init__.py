# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Kubernetes control plane with ECK and cert-manager, for tests."""
