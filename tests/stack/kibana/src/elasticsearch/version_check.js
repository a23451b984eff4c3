// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { setTimeout as sleep } from 'node:timers/promises';

import { asError } from '../errors.js';
import { getLogger } from '../logger.js';
import { KIBANA_VERSION, parseVersion } from '../version.js';

/**
 * @typedef {{version: string, ip: string, http?: {publish_address?: string}}} NodeInfo
 *
 * @typedef {object} Compatibility
 * @property {boolean} isCompatible
 * @property {string} [message]
 * @property {Error} [cause] why no node answered
 */

const log = getLogger('elasticsearch-service');

/** Asks Elasticsearch again and again which versions its nodes have. */
export class VersionCheck {
  /** @type {Compatibility | undefined} */
  latest;

  /**
   * @param {import('./client.js').Client} client
   * @param {{delay: number, startupDelay: number}} intervals
   */
  constructor(client, { delay, startupDelay }) {
    this.client = client;
    this.delay = delay;
    this.startupDelay = startupDelay;
  }

  /** Returns when all nodes are compatible for the first time; throws where waiting is of no use. */
  async untilCompatible() {
    for (;;) {
      const { isCompatible, cause } = await this.check();
      if (isCompatible) {
        return;
      }
      if (cause?.name === 'ProductNotSupportedError') {
        throw cause;
      }
      await sleep(this.startupDelay);
    }
  }

  /** Keeps `latest` up to date for as long as the process lives. */
  async watch() {
    for (;;) {
      await sleep(this.delay, undefined, { ref: false });
      await this.check();
    }
  }

  async check() {
    const previous = this.latest;
    const current = await this.ask();
    this.latest = current;
    if (!current.isCompatible && current.message && current.message !== previous?.message) {
      log.error(current.message);
    }
    return current;
  }

  /** @returns {Promise<Compatibility>} */
  async ask() {
    try {
      const { nodes } = await this.client.nodes.info({
        filter_path: ['nodes.*.version', 'nodes.*.http.publish_address', 'nodes.*.ip'],
      });
      return judge(/** @type {NodeInfo[]} */ (Object.values(nodes ?? {})));
    } catch (error) {
      return unreachable(asError(error));
    }
  }
}

/**
 * @param {Error} [cause]
 * @returns {Compatibility}
 */
function unreachable(cause) {
  const message = 'Unable to retrieve version information from Elasticsearch nodes.';
  return { isCompatible: false, message: cause ? `${message} ${cause.message}` : message, cause };
}

/**
 * @param {NodeInfo[]} nodes
 * @returns {Compatibility}
 */
export function judge(nodes) {
  if (nodes.length === 0) {
    return unreachable();
  }
  const incompatible = nodes.filter((node) => !isCompatible(node.version));
  if (incompatible.length > 0) {
    return {
      isCompatible: false,
      message:
        `This version of Kibana (v${KIBANA_VERSION}) is incompatible with the following Elasticsearch nodes in ` +
        `your cluster: ${describe(incompatible)}`,
    };
  }
  const different = nodes.filter((node) => node.version !== KIBANA_VERSION);
  if (different.length > 0) {
    return {
      isCompatible: true,
      message:
        `You're running Kibana ${KIBANA_VERSION} with some different versions of Elasticsearch. Update Kibana or ` +
        `Elasticsearch to the same version to prevent compatibility issues: ${describe(different)}`,
    };
  }
  return { isCompatible: true };
}

/**
 * Same major version, and Elasticsearch is not behind by a minor one.
 *
 * @param {string} elasticsearchVersion
 */
function isCompatible(elasticsearchVersion) {
  const elasticsearch = parseVersion(elasticsearchVersion);
  const kibana = parseVersion(KIBANA_VERSION);
  return elasticsearch.major === kibana.major && elasticsearch.minor >= kibana.minor;
}

/** @param {NodeInfo[]} nodes */
function describe(nodes) {
  return nodes.map((node) => `v${node.version} @ ${node.http?.publish_address} (${node.ip})`).join(', ');
}
