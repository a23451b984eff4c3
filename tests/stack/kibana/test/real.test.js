// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// What only a real Elasticsearch shows. `with-real-elasticsearch` starts two and sets the variables.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { describe, test } from 'node:test';

import { elasticsearchSchema } from '../src/config/schema/elasticsearch.js';
import { basic, login, start } from './support/kibana.js';
import { concatenate, issue, pkcs12 } from './support/material.js';

const variables = process.env;
const url = variables.STACKTLS_TEST_ELASTICSEARCH_URL ?? '';
/** A node with `client_authentication: required`. */
const requiredUrl = variables.STACKTLS_TEST_ELASTICSEARCH_REQUIRED_URL ?? '';
const nodeCa = variables.STACKTLS_TEST_ELASTICSEARCH_CA ?? '';
const clientCa = {
  cert: variables.STACKTLS_TEST_CLIENT_CA_CERT ?? '',
  key: variables.STACKTLS_TEST_CLIENT_CA_KEY ?? '',
};
const ELASTIC = { username: 'elastic', password: variables.STACKTLS_TEST_ELASTICSEARCH_PASSWORD ?? '' };

const skip = url === '' && 'STACKTLS_TEST_ELASTICSEARCH_URL is not set';

/**
 * @param {string} base
 * @param {string} path
 * @param {{method?: string, body?: unknown, pair?: {key: string, cert: string}}} [options]
 * @returns {Promise<any>}
 */
function ask(base, path, { method = 'GET', body, pair } = {}) {
  const own = pair && { key: readFileSync(pair.key), cert: readFileSync(pair.cert) };
  const headers = { ...basic(ELASTIC), 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const request = https.request(`${base}${path}`, {
      method,
      headers,
      ca: readFileSync(nodeCa),
      agent: false,
      ...own,
    });
    request.on('error', reject);
    request.on('response', async (response) => {
      const text = (await response.setEncoding('utf8').toArray()).join('');
      const isFine = (response.statusCode ?? 500) < 300;
      isFine ? resolve(JSON.parse(text)) : reject(new Error(`${response.statusCode} ${text}`));
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

describe('against a real Elasticsearch', { skip, concurrency: 8 }, async () => {
  if (skip) {
    return;
  }
  const mapped = issue({ cn: 'kibana-client', profile: 'client', issuer: clientCa, algorithm: 'rsa' });
  const intermediate = issue({ cn: 'intermediate', profile: 'ca', issuer: clientCa, algorithm: 'rsa' });
  const behind = issue({ cn: 'kibana-client', profile: 'client', issuer: intermediate, algorithm: 'rsa' });
  /** @type {{version: {number: string}}} */
  const { version } = await ask(url, '/');
  for (const base of [url, requiredUrl]) {
    for (const [name, role] of [
      ['kibana-client', 'kibana_system'],
      ['monitor-client', 'watcher_user'],
    ]) {
      await ask(base, `/_security/role_mapping/${name}`, {
        method: 'PUT',
        pair: mapped,
        body: { enabled: true, roles: [role], rules: { field: { dn: `CN=${name}` } } },
      });
    }
  }

  /**
   * @param {import('node:test').TestContext} t
   * @param {Record<string, unknown>} ssl
   * @param {string} [base]
   */
  const startKibana = (t, ssl, base = url) =>
    start(t, {
      yml: { 'elasticsearch.hosts': base, 'elasticsearch.ssl': { certificateAuthorities: nodeCa, ...ssl } },
      env: { STACKTLS_KIBANA_VERSION: version.number },
    });

  /** @param {{key: string, cert: string}} pair */
  const pem = ({ key, cert }) => ({ certificate: cert, key });

  test('the certificate is mapped to kibana_system', async (t) => {
    process.env.STACKTLS_KIBANA_VERSION = version.number;
    const { createClients } = await import('../src/elasticsearch/client.js');
    const ssl = { certificateAuthorities: nodeCa, ...pem(mapped) };
    const clients = await createClients(elasticsearchSchema({ hosts: url, ssl }, 'test'));
    const user = await clients.asInternalUser.security.authenticate();
    assert.deepEqual(user.authentication_realm, { name: 'realm1', type: 'pki' });
    assert.deepEqual(user.roles, ['kibana_system']);
    const kibana = await (await startKibana(t, pem(mapped))).untilAvailable();
    const { json } = await kibana.request('/api/status', { headers: basic(ELASTIC) });
    assert.equal(json.status.overall.level, 'available');
    assert.equal((await login(kibana, ELASTIC)).status, 200);
    const indices = await ask(url, '/_cat/indices/.kibana*?format=json&expand_wildcards=all');
    assert.ok(indices.some((/** @type {any} */ { index }) => index === `.kibana_${version.number}_001`));
  });

  test('PKCS#12 does the same', async (t) => {
    const path = pkcs12(mapped, { chain: [nodeCa] });
    const ssl = { certificateAuthorities: undefined, 'keystore.path': path, 'keystore.password': 'secret' };
    await (await startKibana(t, ssl)).untilAvailable();
  });

  test('a name without a mapping has no role', async (t) => {
    const stranger = issue({ cn: 'stranger', profile: 'client', issuer: clientCa });
    const kibana = await startKibana(t, pem(stranger));
    await kibana.waitForOutput(/is unauthorized for user \[stranger\] with effective roles \[\]/);
    assert.equal((await kibana.request('/api/status')).status, 503);
  });

  test("a role that is not Kibana's is not enough", async (t) => {
    const monitor = issue({ cn: 'monitor-client', profile: 'client', issuer: clientCa });
    const kibana = await startKibana(t, pem(monitor));
    await kibana.waitForOutput(/unauthorized for user \[monitor-client\]/);
    assert.equal((await kibana.request('/api/status')).status, 503);
  });

  test('no certificate', async (t) => {
    const kibana = await startKibana(t, {});
    await kibana.waitForOutput(/security_exception: missing authentication credentials for REST request/);
  });

  const year = 365 * 24 * 3600 * 1000;
  /** @param {number} time */
  const stamp = (time) => new Date(time).toISOString().replace(/[-:T]|\.\d+/g, '');
  const strangerCa = issue({ cn: 'stranger-ca', profile: 'ca' });
  /** @type {Record<string, () => Record<string, unknown>>} */
  const refused = {
    expired: () =>
      pem(
        issue({
          cn: 'kibana-client',
          profile: 'client',
          issuer: clientCa,
          validity: [stamp(Date.now() - 2 * year), stamp(Date.now() - year)],
        })
      ),
    'not yet valid': () =>
      pem(
        issue({
          cn: 'kibana-client',
          profile: 'client',
          issuer: clientCa,
          validity: [stamp(Date.now() + year), stamp(Date.now() + 2 * year)],
        })
      ),
    'for servers only': () => pem(issue({ cn: 'kibana-client', profile: 'server', issuer: clientCa })),
    "of a stranger's CA": () => pem(issue({ cn: 'kibana-client', profile: 'client', issuer: strangerCa })),
    'without its intermediate in PEM': () => pem(behind),
    'without its intermediate in PKCS#12': () => ({ 'keystore.path': pkcs12(behind), 'keystore.password': 'secret' }),
  };
  for (const [name, ssl] of Object.entries(refused)) {
    test(`a certificate ${name}: alert 46`, async (t) => {
      const kibana = await startKibana(t, ssl());
      await kibana.waitForOutput(/Unable to retrieve version information.*alert certificate unknown.*alert number 46/);
      assert.ok(kibana.isRunning);
    });
  }

  test('leaf and intermediate in one PEM file', async (t) => {
    const chain = concatenate(behind.cert, intermediate.cert);
    await (await startKibana(t, { certificate: chain, key: behind.key })).untilAvailable();
  });

  test("client_authentication: required refuses users' logins", async (t) => {
    const kibana = await (await startKibana(t, pem(mapped), requiredUrl)).untilAvailable();
    assert.equal((await login(kibana, ELASTIC)).status, 401);
    // Java 17 and Java 21 say it in different words.
    assert.match(
      kibana.output,
      /Authentication attempt failed: .*(sslv3 alert bad certificate|tlsv13 alert certificate required)/
    );
  });

  test('client_authentication: required with alwaysPresentCertificate', async (t) => {
    const kibana = await startKibana(t, { ...pem(mapped), alwaysPresentCertificate: true }, requiredUrl);
    await kibana.untilAvailable();
    const answer = await login(kibana, ELASTIC);
    assert.equal(answer.status, 200);
    const headers = { cookie: answer.headers['set-cookie']?.[0].split(';')[0] ?? '', 'x-elastic-internal-origin': 'x' };
    assert.equal((await kibana.request('/internal/security/me', { headers })).json.username, 'elastic');
  });
});
