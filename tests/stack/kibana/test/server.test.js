// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, readFileSync } from 'node:fs';
import http2 from 'node:http2';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { END_USER, startElasticsearch } from './support/elasticsearch.js';
import { basic, freePort, login, runToEnd, start } from './support/kibana.js';
import { file, issue, newPath, openssl, pkcs12 } from './support/material.js';

const ca = issue({ cn: 'ca', profile: 'ca', algorithm: 'rsa' });
const node = issue({ cn: 'node', profile: 'server', issuer: ca });
const first = issue({ cn: 'first', profile: 'server', issuer: ca, algorithm: 'rsa' });
const second = issue({ cn: 'second', profile: 'server', issuer: ca, algorithm: 'rsa' });
const client = issue({ cn: 'kibana-client', profile: 'client', issuer: ca });
const elasticsearch = await startElasticsearch({ pair: node, clientCa: ca.cert });

const CONNECTION = {
  'elasticsearch.hosts': [elasticsearch.url],
  'elasticsearch.ssl.certificateAuthorities': [ca.cert],
  'elasticsearch.username': 'kibana_system',
  'elasticsearch.password': 'changeme',
};

/** @param {{key: string, cert: string}} pair */
function pem({ key, cert }) {
  return { ...CONNECTION, 'server.ssl.enabled': true, 'server.ssl.certificate': cert, 'server.ssl.key': key };
}

/** A pair at names of its own, to be replaced in place. */
function changeablePair() {
  const pair = { key: newPath('server.key'), cert: newPath('server.crt') };
  replace(pair, first);
  return pair;
}

/**
 * @param {{key: string, cert: string}} target
 * @param {{key: string, cert: string}} source
 */
function replace(target, source) {
  for (const name of /** @type {const} */ (['key', 'cert'])) {
    copyFileSync(source[name], target[name]);
    chmodSync(target[name], 0o644);
  }
}

/** @param {import('./support/kibana.js').KibanaProcess} kibana */
const servedName = async (kibana) => (await kibana.request('/api/status', { tls: {} })).certificate;

/** @param {import('./support/kibana.js').KibanaProcess} kibana */
async function reload(kibana) {
  kibana.kill('SIGHUP');
  await kibana.waitForOutput('Reloaded Kibana configuration (reason: SIGHUP signal received).', 2);
}

describe('start', { concurrency: 12 }, () => {
  test('is refused, then answers 503, then is silent, then refused, then 200', async (t) => {
    const kibana = await start(t, { yml: CONNECTION });
    /** @type {string[]} */
    const seen = [];
    for (let answer = ''; answer !== '200'; await sleep(20)) {
      const tick = sleep(200).then(() => 'silence');
      const poll = kibana.request('/api/status').then(
        ({ status, text }) => (status === 503 ? `503 ${text}` : String(status)),
        (error) => error.code
      );
      answer = await Promise.race([poll, tick]);
      if (seen.at(-1) !== answer && answer !== 'ECONNRESET') {
        seen.push(answer);
      }
      assert.ok(kibana.isRunning && seen.length < 20, `${seen}\n${kibana.output}`);
    }
    const phases = ['ECONNREFUSED', '503 Kibana server is not ready yet', 'silence', 'ECONNREFUSED', '200'];
    const expected = phases.filter((phase) => phase !== 'silence');
    assert.ok(seen.includes('silence'), `${seen}`);
    assert.deepEqual(
      seen.filter((phase) => phase !== 'silence').filter((phase, index, all) => phase !== all[index - 1]),
      expected
    );
  });

  test('can be made slower, not faster', async (t) => {
    const [hasty, slow] = await Promise.all(
      ['0.1', '4'].map((seconds) => start(t, { yml: CONNECTION, env: { STACKTLS_KIBANA_STARTUP_SECONDS: seconds } }))
    );
    const begin = performance.now();
    await hasty.untilAvailable();
    assert.ok(performance.now() - begin > 1500);
    await slow.untilAvailable();
    assert.ok(performance.now() - begin > 3500);
  });

  test('the versions of Elasticsearch must fit', async (t) => {
    const newer = await startElasticsearch({ pair: node, clientCa: ca.cert, version: '9.4.3' });
    const kibana = await start(t, { yml: { ...CONNECTION, 'elasticsearch.hosts': newer.url } });
    await kibana.waitForOutput(
      'This version of Kibana (v8.16.6) is incompatible with the following Elasticsearch nodes in your cluster: ' +
        'v9.4.3 @ 127.0.0.1:9200 (127.0.0.1)'
    );
    assert.equal((await kibana.request('/api/status')).status, 503);
  });

  test('the version can be another', async (t) => {
    const newer = await startElasticsearch({ pair: node, clientCa: ca.cert, version: '9.4.3' });
    const kibana = await start(t, {
      yml: { ...pem(first), 'elasticsearch.hosts': newer.url },
      env: { STACKTLS_KIBANA_VERSION: '9.4.3' },
    });
    await kibana.untilAvailable();
    const { json } = await kibana.request('/api/status', { headers: basic(END_USER), tls: {} });
    assert.equal(json.version.number, '9.4.3');
    const session = http2.connect(`https://127.0.0.1:${kibana.port}`, { rejectUnauthorized: false });
    t.after(() => session.close());
    const [headers] = await once(session.request({ ':path': '/api/status' }), 'response');
    assert.equal(headers[':status'], 200);
    const withoutOrigin = await kibana.request('/internal/security/me', { headers: basic(END_USER), tls: {} });
    assert.equal(withoutOrigin.status, 400);
  });

  test('without credentials the status tells no more than the level', async (t) => {
    const kibana = await (await start(t, { yml: { ...CONNECTION, 'server.name': 'kb1' } })).untilAvailable();
    const anonymous = await kibana.goodStatus();
    assert.deepEqual(anonymous.json, { status: { overall: { level: 'available' } } });
    const mistaken = await kibana.request('/api/status', { headers: basic({ ...END_USER, password: 'x' }) });
    assert.deepEqual([mistaken.status, mistaken.json], [200, anonymous.json]);
    const { json } = await kibana.request('/api/status', { headers: basic(END_USER) });
    assert.equal(json.name, 'kb1');
    assert.equal(json.status.core.elasticsearch.level, 'available');
  });

  test('users log in with a password, and are who they are', async (t) => {
    const kibana = await (await start(t, { yml: CONNECTION })).untilAvailable();
    assert.equal((await login(kibana, { ...END_USER, password: 'wrong' })).status, 401);
    assert.equal((await kibana.request('/internal/security/me')).status, 401);
    const answer = await login(kibana, END_USER);
    assert.equal(answer.status, 200);
    const cookie = answer.headers['set-cookie']?.[0].split(';')[0] ?? '';
    const me = await kibana.request('/internal/security/me', { headers: { cookie } });
    assert.equal(me.json.username, END_USER.username);
  });

  test('Elasticsearch going away makes it unavailable', async (t) => {
    const passing = await startElasticsearch({ pair: node, clientCa: ca.cert });
    const yml = { ...CONNECTION, 'elasticsearch.hosts': passing.url };
    const kibana = await (await start(t, { yml })).untilAvailable();
    passing.stop();
    await kibana.waitForOutput('Unable to retrieve version information');
    const { status, json } = await kibana.request('/api/status');
    assert.deepEqual([status, json], [503, { status: { overall: { level: 'critical' } } }]);
  });

  test('a port that is in use', async (t) => {
    const kibana = await (await start(t, { yml: CONNECTION })).untilAvailable();
    const { code, output } = await runToEnd({ yml: { ...CONNECTION, 'server.port': kibana.port } });
    assert.equal(code, 1);
    assert.match(output, /Error: Port \d+ is already in use\. Another instance of Kibana may be running!/);
  });
});

describe('server.ssl', { concurrency: 12 }, () => {
  test('an encrypted key and its passphrase', async (t) => {
    const key = newPath('encrypted.key');
    openssl('pkcs8', '-topk8', '-in', first.key, '-out', key, '-v2', 'aes-256-cbc', '-passout', 'pass:secret');
    const yml = pem({ key, cert: first.cert });
    const kibana = await start(t, { yml, keystore: { 'server.ssl.keyPassphrase': 'secret' } });
    await kibana.untilAvailable();
    assert.equal(await servedName(kibana), 'first');
    await assert.rejects(kibana.request('/api/status'), 'plain HTTP is refused');

    for (const keystore of [{}, { 'server.ssl.keyPassphrase': 'wrong' }]) {
      const { code, output } = await runToEnd({ yml, keystore });
      assert.equal(code, 1, output);
      assert.match(output, / FATAL {2}Error: /);
    }
  });

  test('a PKCS#12 file is replaced in place', async (t) => {
    const path = pkcs12(first);
    const yml = { ...CONNECTION, 'server.ssl.enabled': true, 'server.ssl.keystore.path': path };
    const kibana = await start(t, { yml, keystore: { 'server.ssl.keystore.password': 'secret' } });
    await kibana.untilAvailable();
    copyFileSync(pkcs12(second), path);
    await reload(kibana);
    assert.equal(await servedName(kibana), 'second');
  });

  test('clients can be asked for a certificate', async (t) => {
    const yml = {
      ...pem(first),
      'server.ssl.certificateAuthorities': ca.cert,
      'server.ssl.clientAuthentication': 'required',
    };
    const kibana = await (await start(t, { yml })).untilAvailable();
    await assert.rejects(kibana.request('/api/status', { tls: {} }));
    const own = { key: readFileSync(client.key), cert: readFileSync(client.cert) };
    assert.equal((await kibana.request('/api/status', { tls: own })).status, 200);
  });

  test('protocols can be left out', async (t) => {
    const yml = { ...pem(first), 'server.ssl.supportedProtocols': ['TLSv1.3'] };
    const kibana = await (await start(t, { yml })).untilAvailable();
    await assert.rejects(kibana.request('/api/status', { tls: { maxVersion: 'TLSv1.2' } }));
    assert.equal((await kibana.request('/api/status', { tls: {} })).status, 200);
  });

  test('plain HTTP is sent on where a port is given', async (t) => {
    const port = await freePort();
    const yml = { ...pem(first), 'server.ssl.redirectHttpFromPort': port };
    const kibana = await (await start(t, { yml })).untilAvailable();
    const answer = await fetch(`http://127.0.0.1:${port}/app`, { redirect: 'manual' });
    assert.deepEqual([answer.status, answer.headers.get('location')], [302, `https://127.0.0.1:${kibana.port}/app`]);
  });
});

describe('SIGHUP', { concurrency: 12 }, () => {
  test('replaces the certificate of the server, at once and in the same process', async (t) => {
    const pair = changeablePair();
    const kibana = await (await start(t, { yml: pem(pair) })).untilAvailable();
    assert.equal(await servedName(kibana), 'first');
    replace(pair, second);
    assert.equal(await servedName(kibana), 'first', 'not before the signal');
    await reload(kibana);
    assert.equal(await servedName(kibana), 'second');
    assert.ok(kibana.isRunning);
  });

  test('reads kibana.keystore again', async (t) => {
    const key = newPath('changing.key');
    const encrypt = (/** @type {string} */ password) =>
      openssl('pkcs8', '-topk8', '-in', first.key, '-out', key, '-v2', 'aes-256-cbc', '-passout', `pass:${password}`);
    encrypt('old');
    const yml = pem({ key, cert: first.cert });
    const kibana = await start(t, { yml, keystore: { 'server.ssl.keyPassphrase': 'old' } });
    await kibana.untilAvailable();
    encrypt('new');
    kibana.writeKeystore({ 'server.ssl.keyPassphrase': 'new' });
    await reload(kibana);
    assert.equal(await servedName(kibana), 'first');
    assert.ok(kibana.isRunning);
  });

  test('does not touch the certificate towards Elasticsearch', async (t) => {
    const ssl = { key: newPath('client.key'), cert: newPath('client.crt') };
    replace(ssl, client);
    const yml = {
      'elasticsearch.hosts': elasticsearch.url,
      'elasticsearch.ssl.certificateAuthorities': ca.cert,
      'elasticsearch.ssl.certificate': ssl.cert,
      'elasticsearch.ssl.key': ssl.key,
      'elasticsearch.healthCheck.delay': '300ms',
    };
    const kibana = await (await start(t, { yml })).untilAvailable();
    replace(ssl, issue({ cn: 'stranger', profile: 'client', issuer: ca }));
    await reload(kibana);
    await sleep(1000);
    assert.equal((await kibana.request('/api/status')).status, 200);
  });

  test('does not switch TLS', async (t) => {
    const kibana = await (await start(t, { yml: pem(first) })).untilAvailable();
    kibana.writeYml(CONNECTION);
    await reload(kibana);
    assert.match(kibana.output, /TLS cannot be toggled without a full server reboot/);
    assert.equal(await servedName(kibana), 'first');
  });

  /**
   * @typedef {import('./support/kibana.js').KibanaProcess} KibanaProcess
   * @type {Record<string, (kibana: KibanaProcess, pair: {key: string, cert: string}) => void>}
   */
  const mistakes = {
    'a pair that does not match': (_kibana, pair) => copyFileSync(second.key, pair.key),
    'a key that cannot be read': (_kibana, pair) => chmodSync(pair.key, 0o000),
    'a wrong passphrase': (kibana, pair) => {
      openssl('pkcs8', '-topk8', '-in', first.key, '-out', pair.key, '-v2', 'aes-256-cbc', '-passout', 'pass:secret');
      chmodSync(pair.key, 0o644);
      kibana.writeKeystore({ 'server.ssl.keyPassphrase': 'wrong' });
    },
    'a broken kibana.yml': (kibana) => kibana.writeYml('server.port: [5601'),
    'an unknown setting': (kibana) => kibana.writeYml({ ...pem(first), 'server.ssl.nonsense': true }),
    'a broken kibana.keystore': (kibana) => kibana.writeKeystore('1:bm8ga2V5c3RvcmU='),
  };
  for (const [name, damage] of Object.entries(mistakes)) {
    test(`ends it: ${name}`, async (t) => {
      const pair = changeablePair();
      const kibana = await start(t, { yml: pem(pair), unprivileged: true });
      await kibana.untilAvailable();
      damage(kibana, pair);
      kibana.kill('SIGHUP');
      assert.equal(await kibana.exit(), name === 'an unknown setting' ? 78 : 1);
      assert.match(kibana.output, / FATAL {2}/);
    });
  }

  test('ends it: a wrong password of a PKCS#12 file', async (t) => {
    const path = pkcs12(first);
    const yml = { ...CONNECTION, 'server.ssl.enabled': true, 'server.ssl.keystore.path': path };
    const kibana = await start(t, { yml, keystore: { 'server.ssl.keystore.password': 'secret' } });
    await kibana.untilAvailable();
    copyFileSync(pkcs12(second, { password: 'other' }), path);
    kibana.kill('SIGHUP');
    assert.equal(await kibana.exit(), 1);
  });

  test('ends it: while it starts', async (t) => {
    // Two seconds are short on a busy machine.
    const kibana = await start(t, { yml: pem(first), env: { STACKTLS_KIBANA_STARTUP_SECONDS: '60' } });
    await kibana.waitForOutput('Kibana is starting');
    kibana.kill('SIGHUP');
    assert.equal(await kibana.exit(), 'SIGHUP');
  });
});

test('SIGTERM ends it in order', async (t) => {
  const pid = newPath('kibana.pid');
  const kibana = await start(t, { yml: { ...CONNECTION, 'pid.file': pid } });
  await kibana.untilAvailable();
  assert.match(readFileSync(pid, 'utf8'), /^\d+$/);
  kibana.kill('SIGTERM');
  assert.equal(await kibana.exit(), 0);
  assert.ok(!existsSync(pid));
});

test('root is refused', { skip: process.getuid?.() !== 0 && 'needs root' }, async () => {
  const binary = fileURLToPath(new URL('../bin/kibana', import.meta.url));
  const { status, stderr } = spawnSync(binary, {
    encoding: 'utf8',
    env: { ...process.env, KBN_PATH_CONF: file('x', '') },
  });
  assert.equal(status, 1);
  assert.match(stderr, /Kibana should not be run as root\. {2}Use --allow-root to continue\./);
});
