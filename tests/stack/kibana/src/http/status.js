// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { randomUUID } from 'node:crypto';

import { KIBANA_VERSION } from '../version.js';

/** @typedef {{level: 'available' | 'degraded' | 'unavailable' | 'critical', summary: string}} ServiceStatus */

const UUID = randomUUID();

/**
 * @param {import('../elasticsearch/version_check.js').Compatibility | undefined} compatibility
 * @returns {ServiceStatus}
 */
function elasticsearchStatus(compatibility) {
  if (compatibility === undefined) {
    return { level: 'unavailable', summary: 'Waiting for Elasticsearch' };
  }
  if (!compatibility.isCompatible) {
    return { level: 'critical', summary: compatibility.message ?? '' };
  }
  return { level: 'available', summary: compatibility.message ?? 'Elasticsearch is available' };
}

/**
 * @param {ServiceStatus} elasticsearch
 * @returns {ServiceStatus}
 */
function savedObjectsStatus(elasticsearch) {
  return elasticsearch.level === 'available'
    ? { level: 'available', summary: 'SavedObjects service has completed migrations and is available' }
    : {
        level: 'unavailable',
        summary: 'SavedObjects service is not available without a healthy Elasticsearch connection',
      };
}

/**
 * The answer of `GET /api/status`: only the level to those who are not logged in.
 *
 * @param {import('../elasticsearch/version_check.js').Compatibility | undefined} compatibility
 * @param {{serverName: string, isAuthenticated: boolean}} context
 */
export function describeStatus(compatibility, { serverName, isAuthenticated }) {
  const elasticsearch = elasticsearchStatus(compatibility);
  const savedObjects = savedObjectsStatus(elasticsearch);
  const isAvailable = elasticsearch.level === 'available';
  const overall = isAvailable
    ? { level: 'available', summary: 'All services and plugins are available' }
    : { level: elasticsearch.level, summary: elasticsearch.summary };
  const full = {
    name: serverName,
    uuid: UUID,
    version: { number: KIBANA_VERSION, build_snapshot: false, build_flavor: 'traditional' },
    status: { overall, core: { elasticsearch, savedObjects }, plugins: {} },
  };
  return {
    statusCode: isAvailable ? 200 : 503,
    body: isAuthenticated ? full : { status: { overall: { level: overall.level } } },
  };
}
