// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { setTimeout as sleep } from 'node:timers/promises';

import { getLogger } from '../logger.js';
import { KIBANA_VERSION } from '../version.js';

/** @typedef {import('./client.js').Client} Client */

const log = getLogger('savedobjects-service');

const ATTEMPTS = 15;
const LONGEST_DELAY = 64;
const RETRIED_STATUSES = new Set([401, 403, 408, 410, 429, 503]);
const RETRIED_ERRORS = new Set(['ConnectionError', 'NoLivingConnectionsError', 'TimeoutError']);

/**
 * Makes Kibana's index where it is missing, as the first start of a Kibana does: it proves that the identity
 * towards Elasticsearch has the privileges that Kibana needs.
 *
 * @param {Client} client
 */
export async function migrateSavedObjects(client) {
  for (let attempt = 1; ; attempt++) {
    try {
      await ensureIndex(client);
      return;
    } catch (error) {
      const { message, name, statusCode } = /** @type {any} */ (error);
      if (!RETRIED_ERRORS.has(name) && !RETRIED_STATUSES.has(statusCode)) {
        throw unableToMigrate(message);
      }
      if (attempt > ATTEMPTS) {
        throw unableToMigrate(
          `Unable to complete the INIT step after ${ATTEMPTS} attempts, terminating. ` +
            `The last failure message was: ${message}`
        );
      }
      const seconds = Math.min(2 ** attempt, LONGEST_DELAY);
      log.error(`[.kibana] Action failed with '${message}'. Retrying attempt ${attempt} in ${seconds} seconds.`);
      await sleep(seconds * 1000);
    }
  }
}

/** @param {string} reason */
function unableToMigrate(reason) {
  return new Error(`Unable to complete saved object migrations for the [.kibana] index: ${reason}`);
}

/** @param {Client} client */
async function ensureIndex(client) {
  const index = `.kibana_${KIBANA_VERSION}`;
  const existing = await client.indices.get({ index: ['.kibana', index], ignore_unavailable: true });
  if (Object.keys(existing).length > 0) {
    return;
  }
  await createIndex(client, index);
}

/**
 * @param {Client} client
 * @param {string} index
 */
async function createIndex(client, index) {
  try {
    await client.indices.create({
      index: `${index}_001`,
      aliases: { '.kibana': {}, [index]: {} },
      mappings: { dynamic: 'strict', properties: { type: { type: 'keyword' } } },
      settings: { index: { number_of_shards: 1, auto_expand_replicas: '0-1', hidden: true } },
    });
  } catch (error) {
    // Another Kibana was faster.
    if (/** @type {any} */ (error).body?.error?.type !== 'resource_already_exists_exception') {
      throw error;
    }
  }
}
