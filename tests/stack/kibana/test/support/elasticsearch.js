// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { readFileSync } from 'node:fs';
import https from 'node:https';
import { once } from 'node:events';

/**
 * The TLS side of an Elasticsearch: a real handshake, and the few answers that Kibana needs to start.
 *
 * @typedef {object} Options
 * @property {{key: string, cert: string}} pair
 * @property {string} clientCa PEM file
 * @property {boolean} [required] refuse whoever comes without a certificate
 * @property {string} [version]
 */

export const END_USER = { username: 'alice', password: 'wonderland' };

/**
 * @param {Options} options
 */
export async function startElasticsearch({ pair, clientCa, required = false, version = '8.16.6' }) {
  const server = https.createServer(
    {
      key: readFileSync(pair.key),
      cert: readFileSync(pair.cert),
      ca: readFileSync(clientCa),
      requestCert: true,
      rejectUnauthorized: required,
    },
    (request, response) => answer(request, response, version)
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `https://127.0.0.1:${port}`,
    /** Goes away, as a node that is stopped. */
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {string} version
 */
function answer(request, response, version) {
  const { pathname } = new URL(request.url ?? '/', 'https://localhost');
  const who = identify(request);
  if (who === undefined) {
    send(response, 401, securityException(401, `missing authentication credentials for REST request [${request.url}]`));
  } else if (who === 'stranger') {
    const reason = 'action [cluster:monitor/nodes/info] is unauthorized for user [stranger] with effective roles []';
    send(response, 403, securityException(403, reason));
  } else if (pathname === '/_nodes') {
    send(response, 200, { nodes: { a: { version, ip: '127.0.0.1', http: { publish_address: '127.0.0.1:9200' } } } });
  } else if (pathname === '/_security/_authenticate') {
    send(response, 200, { username: who, roles: ['superuser'] });
  } else {
    send(response, 200, {});
  }
}

/** @param {import('node:http').IncomingMessage} request */
function identify({ socket, headers }) {
  const [scheme, credentials] = (headers.authorization ?? '').split(' ');
  if (scheme === 'Basic') {
    const [username, password] = Buffer.from(credentials, 'base64').toString().split(':');
    const isKnown = username === END_USER.username && password === END_USER.password;
    return isKnown || (username === 'kibana_system' && password === 'changeme') ? username : undefined;
  }
  if (scheme === 'Bearer') {
    return credentials === 'service-token' ? 'elastic/kibana' : undefined;
  }
  const tls = /** @type {import('node:tls').TLSSocket} */ (socket);
  return tls.authorized ? tls.getPeerCertificate().subject.CN : undefined;
}

/**
 * @param {number} status
 * @param {string} reason
 */
function securityException(status, reason) {
  const cause = { type: 'security_exception', reason };
  return { error: { root_cause: [cause], ...cause }, status };
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {unknown} body
 */
function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' });
  response.end(JSON.stringify(body));
}
