// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { describe, test } from 'node:test';

import { elasticsearchSchema } from '../src/config/schema/elasticsearch.js';
import { createClients } from '../src/elasticsearch/client.js';
import { END_USER, startElasticsearch } from './support/elasticsearch.js';
import { basic, login, runToEnd, start } from './support/kibana.js';
import { concatenate, file, issue, newPath, openssl, pkcs12 } from './support/material.js';

// What goes into a PKCS#12 file, and what signed it, must be RSA.
const nodeCa = issue({ cn: 'node-ca', profile: 'ca', algorithm: 'rsa' });
const node = issue({ cn: 'node', profile: 'server', issuer: nodeCa });
const clientCa = issue({ cn: 'client-ca', profile: 'ca', algorithm: 'rsa' });
const client = issue({ cn: 'kibana-client', profile: 'client', issuer: clientCa, algorithm: 'rsa' });
const ec = issue({ cn: 'kibana-client', profile: 'client', issuer: clientCa });
const optional = await startElasticsearch({ pair: node, clientCa: clientCa.cert });
const required = await startElasticsearch({ pair: node, clientCa: clientCa.cert, required: true });

/**
 * @param {Record<string, unknown>} ssl
 * @param {string} [url]
 */
function settings(ssl, url = optional.url) {
  const common = { certificateAuthorities: nodeCa.cert, ...ssl };
  return {
    'elasticsearch.hosts': [url],
    ...Object.fromEntries(Object.entries(common).map(([name, value]) => [`elasticsearch.ssl.${name}`, value])),
  };
}

/**
 * @param {string} key
 * @param {...string} args
 */
function convert(key, ...args) {
  const path = newPath('converted.key');
  const [command, ...options] = args;
  openssl(command, '-in', key, '-out', path, ...options);
  return path;
}

const PASSPHRASE = ['-passout', 'pass:secret'];

/** Asserts that Kibana stays up, not ready, and says why. */
async function staysOut(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {Record<string, unknown>} */ yml,
  /** @type {RegExp} */ reason
) {
  const kibana = await start(t, { yml });
  await kibana.waitForOutput(
    new RegExp(`Unable to retrieve version information from Elasticsearch nodes\\..*${reason.source}`, 's')
  );
  const answer = await kibana.request('/api/status');
  assert.deepEqual([answer.status, answer.text], [503, 'Kibana server is not ready yet']);
  assert.ok(kibana.isRunning);
}

/** @param {Record<string, unknown>} yml */
async function refusesSettings(yml, /** @type {string} */ message) {
  const { code, output } = await runToEnd({ yml });
  assert.equal(code, 78, output);
  assert.ok(output.includes(` FATAL  Error: ${message}`), output);
}

describe('PEM', { concurrency: 12 }, () => {
  const keys = {
    'PKCS#1': convert(client.key, 'rsa', '-traditional'),
    'PKCS#8': convert(client.key, 'pkcs8', '-topk8', '-nocrypt'),
    'encrypted PKCS#8, AES': convert(client.key, 'pkcs8', '-topk8', '-v2', 'aes-256-cbc', ...PASSPHRASE),
    'encrypted PKCS#8, 3DES': convert(client.key, 'pkcs8', '-topk8', '-v2', 'des3', ...PASSPHRASE),
    'encrypted, traditional': convert(client.key, 'rsa', '-traditional', '-aes256', ...PASSPHRASE),
    EC: ec.key,
    'EC, encrypted PKCS#8': convert(ec.key, 'pkcs8', '-topk8', '-v2', 'aes-256-cbc', ...PASSPHRASE),
  };
  for (const [name, key] of Object.entries(keys)) {
    test(`a key is used: ${name}`, async () => {
      const ssl = {
        certificateAuthorities: nodeCa.cert,
        certificate: name.startsWith('EC') ? ec.cert : client.cert,
        key,
        keyPassphrase: 'secret',
      };
      const clients = await createClients(elasticsearchSchema({ hosts: optional.url, ssl }, 'test'));
      const { username } = await clients.asInternalUser.security.authenticate();
      assert.equal(username, 'kibana-client');
    });
  }

  const encrypted = { certificate: client.cert, key: keys['encrypted PKCS#8, AES'] };
  test('a wrong passphrase: stays up and answers 503', (t) =>
    staysOut(t, settings({ ...encrypted, keyPassphrase: 'wrong' }), /bad decrypt/));

  test('a missing passphrase: stays up and answers 503', (t) => staysOut(t, settings(encrypted), /./));

  test('a certificate without a key is not presented', (t) =>
    staysOut(t, settings({ certificate: client.cert }), /missing authentication credentials/));

  test('a key without a certificate is not presented', (t) =>
    staysOut(t, settings({ key: client.key }), /missing authentication credentials/));

  test('a passphrase that is a number', () =>
    refusesSettings(
      settings({ ...encrypted, keyPassphrase: 12345 }),
      '[config validation of [elasticsearch].ssl.keyPassphrase]: expected value of type [string] but got [number]'
    ));

  for (const name of ['key', 'certificate']) {
    test(`PKCS#12 and PEM ${name} together`, () =>
      refusesSettings(
        settings({ [name]: '/nowhere', 'keystore.path': '/nowhere' }),
        `[config validation of [elasticsearch].ssl]: cannot use [${name}] when [keystore.path] is specified`
      ));
  }

  test('a key that Kibana may not read', async () => {
    const key = file('unreadable.key', '');
    chmodSync(key, 0o000);
    const yml = settings({ certificate: client.cert, key });
    const { code, output } = await runToEnd({ yml, unprivileged: true });
    assert.equal(code, 1, output);
    assert.match(output, / FATAL {2}Error: EACCES: permission denied, open '.*unreadable\.key'/);
  });

  test('a key, a PKCS#12 file and a keystore that all may read bring no warning', async (t) => {
    const store = pkcs12(client, { chain: [nodeCa.cert] });
    chmodSync(store, 0o666);
    const key = convert(client.key, 'rsa', '-traditional');
    chmodSync(key, 0o666);
    const pem = await start(t, { yml: settings({ certificate: client.cert, key }), keystore: {} });
    const p12 = await start(t, {
      yml: settings({ 'keystore.path': store }),
      keystore: { 'elasticsearch.ssl.keystore.password': 'secret' },
    });
    for (const kibana of [pem, p12]) {
      await kibana.untilAvailable();
      assert.doesNotMatch(kibana.output, /WARN|ERROR/);
    }
  });

  const year = 365 * 24 * 3600 * 1000;
  /** @param {number} time */
  const stamp = (time) => `${new Date(time).toISOString().replace(/[-:T]|\.\d+/g, '')}`;
  const unusable = {
    expired: {
      profile: /** @type {const} */ ('client'),
      validity: [stamp(Date.now() - 2 * year), stamp(Date.now() - year)],
    },
    'not yet valid': {
      profile: /** @type {const} */ ('client'),
      validity: [stamp(Date.now() + year), stamp(Date.now() + 2 * year)],
    },
    'for servers only': { profile: /** @type {const} */ ('server'), validity: undefined },
  };
  for (const [name, { profile, validity }] of Object.entries(unusable)) {
    test(`a client certificate that is ${name} is not accepted`, (t) => {
      const pair = issue({
        cn: 'kibana-client',
        profile,
        issuer: clientCa,
        validity: /** @type {[string, string] | undefined} */ (validity),
      });
      return staysOut(t, settings({ certificate: pair.cert, key: pair.key }), /missing authentication credentials/);
    });
  }

  test('a name without a role', (t) => {
    const stranger = issue({ cn: 'stranger', profile: 'client', issuer: clientCa });
    return staysOut(
      t,
      settings({ certificate: stranger.cert, key: stranger.key }),
      /is unauthorized for user \[stranger\] with effective roles \[\]/
    );
  });

  test('the name of the node is verified, by default', async () => {
    const other = issue({ cn: 'other', profile: 'elsewhere', issuer: nodeCa });
    const { url, stop } = await startElasticsearch({ pair: other, clientCa: clientCa.cert });
    const ssl = { certificateAuthorities: [nodeCa.cert], certificate: client.cert, key: client.key };
    /** @param {Record<string, unknown>} more */
    const ask = async (more) => {
      const clients = await createClients(elasticsearchSchema({ hosts: url, ssl: { ...ssl, ...more } }, 'test'));
      return await clients.asInternalUser.security.authenticate(undefined, { maxRetries: 0 });
    };
    await assert.rejects(ask({}), /Hostname\/IP does not match certificate's altnames/);
    await assert.rejects(
      ask({ verificationMode: 'certificate', certificateAuthorities: clientCa.cert }),
      /certificate/
    );
    assert.equal((await ask({ verificationMode: 'certificate' })).username, 'kibana-client');
    const noCa = { verificationMode: 'none', certificateAuthorities: undefined };
    assert.equal((await ask(noCa)).username, 'kibana-client');
    stop();
  });

  test('the internal user may have a password or a token', async () => {
    for (const [credentials, expected] of /** @type {const} */ ([
      [{ username: 'kibana_system', password: 'changeme' }, 'kibana_system'],
      [{ serviceAccountToken: 'service-token' }, 'elastic/kibana'],
    ])) {
      const ssl = { certificateAuthorities: concatenate(clientCa.cert, nodeCa.cert) };
      const clients = await createClients(elasticsearchSchema({ hosts: optional.url, ssl, ...credentials }, 'test'));
      assert.equal((await clients.asInternalUser.security.authenticate()).username, expected);
    }
  });
});

describe('client_authentication: required', { concurrency: 2 }, () => {
  const pair = { certificate: client.cert, key: client.key };

  test("Kibana works, its users' logins do not", async (t) => {
    const kibana = await start(t, { yml: settings(pair, required.url) });
    await kibana.untilAvailable();
    assert.equal((await login(kibana, END_USER)).status, 401);
    const status = await kibana.goodStatus({ headers: basic(END_USER) });
    assert.deepEqual([status.status, status.json], [200, { status: { overall: { level: 'available' } } }]);
  });

  test('alwaysPresentCertificate lets them in', async (t) => {
    const kibana = await start(t, { yml: settings({ ...pair, alwaysPresentCertificate: true }, required.url) });
    await kibana.untilAvailable();
    assert.equal((await login(kibana, END_USER)).status, 200);
  });
});
