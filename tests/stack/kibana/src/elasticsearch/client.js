// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { KIBANA_MAJOR } from '../version.js';
import { readTlsMaterial } from '../tls_material.js';

/**
 * @typedef {import('elasticsearch-9').Client} Client
 * @typedef {import('../config/schema/elasticsearch.js').ElasticsearchSettings} ElasticsearchSettings
 */

/**
 * Makes the client that Kibana of this version bundles.
 *
 * @param {ConstructorParameters<typeof import('elasticsearch-9').Client>[0]} options
 * @returns {Promise<Client>}
 */
async function createClient(options) {
  // The clients of both major versions share all that is used here.
  const library = /** @type {typeof import('elasticsearch-9')} */ (
    await (KIBANA_MAJOR >= 9 ? import('elasticsearch-9') : import('elasticsearch-8'))
  );
  return new library.Client({
    ...options,
    Connection: library.HttpConnection,
    ConnectionPool: library.ClusterConnectionPool,
  });
}

/**
 * The two identities that Kibana has towards Elasticsearch: itself, and whoever is logged in.
 *
 * Files are read here once; a change of them needs a restart.
 *
 * @param {ElasticsearchSettings} settings
 */
export async function createClients(settings) {
  const material = readTlsMaterial(settings.ssl, {
    key: 'Did not find key in Elasticsearch keystore.',
    cert: 'Did not find certificate in Elasticsearch keystore.',
  });
  const tls = verification(settings.ssl.verificationMode, material.ca);
  const identity =
    material.key && material.cert
      ? { key: material.key, cert: material.cert, passphrase: material.passphrase }
      : undefined;
  const options = {
    nodes: [settings.hosts].flat(),
    agent: {
      keepAlive: true,
      maxTotalSockets: settings.maxSockets,
      maxFreeSockets: settings.maxIdleSockets,
      timeout: settings.idleSocketTimeout,
    },
    compression: settings.compression,
    requestTimeout: settings.requestTimeout,
    pingTimeout: settings.pingTimeout,
    sniffOnStart: settings.sniffOnStart,
    sniffOnConnectionFault: settings.sniffOnConnectionFault,
    headers: { 'x-elastic-product-origin': 'kibana', ...settings.customHeaders },
  };
  return {
    asInternalUser: await createClient({ ...options, tls: { ...tls, ...identity }, auth: credentials(settings) }),
    asUser: await createClient({
      ...options,
      tls: { ...tls, ...(settings.ssl.alwaysPresentCertificate ? identity : undefined) },
    }),
  };
}

/**
 * @param {'none' | 'certificate' | 'full'} mode
 * @param {string[] | undefined} ca
 */
function verification(mode, ca) {
  return {
    ca,
    rejectUnauthorized: mode !== 'none',
    ...(mode === 'certificate' ? { checkServerIdentity: () => undefined } : undefined),
  };
}

/** @param {ElasticsearchSettings} settings */
function credentials({ username, password, serviceAccountToken }) {
  if (username && password) {
    return { username, password };
  }
  return serviceAccountToken ? { bearer: serviceAccountToken } : undefined;
}
