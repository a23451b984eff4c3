// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { readPkcs12 } from '../src/pkcs12.js';
import { startElasticsearch } from './support/elasticsearch.js';
import { runToEnd, start } from './support/kibana.js';
import { concatenate, file, issue, pkcs12, pkcs12WithKeys, pkcs12WithoutCertificate } from './support/material.js';

const AES = ['-keypbe', 'AES-256-CBC', '-certpbe', 'AES-256-CBC'];
const TRIPLE_DES = ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES'];
const NOT_ASCII = 'pässwörd';
const UNPROTECTED = ['-keypbe', 'NONE', '-certpbe', 'NONE', '-nomac'];

const nodeCa = issue({ cn: 'node-ca', profile: 'ca', algorithm: 'rsa' });
const node = issue({ cn: 'node', profile: 'server', issuer: nodeCa });
const ca = issue({ cn: 'client-ca', profile: 'ca', algorithm: 'rsa' });
const client = issue({ cn: 'kibana-client', profile: 'client', issuer: ca, algorithm: 'rsa' });
const other = issue({ cn: 'other', profile: 'client', issuer: ca, algorithm: 'rsa' });
const { url } = await startElasticsearch({ pair: node, clientCa: ca.cert });

/**
 * @param {string} path
 * @param {string} [password]
 */
function settings(path, password) {
  return {
    'elasticsearch.hosts': [url],
    'elasticsearch.ssl.keystore.path': path,
    ...(password === undefined ? {} : { 'elasticsearch.ssl.keystore.password': password }),
  };
}

/**
 * @param {string} path
 * @param {string | undefined} password
 * @param {string} message
 */
async function refuses(path, password, message) {
  const { code, output } = await runToEnd({ yml: settings(path, password) });
  assert.equal(code, 1, output);
  assert.match(output, new RegExp(`FATAL {2}Error: ${message}`));
}

/**
 * @param {() => unknown} action
 * @returns {Error}
 */
function assertThrows(action) {
  try {
    action();
  } catch (error) {
    return /** @type {Error} */ (error);
  }
  return assert.fail('nothing was thrown');
}

describe('PKCS#12', { concurrency: 12 }, () => {
  const protections = {
    'AES-256, SHA-1': [...AES, '-macalg', 'SHA1'],
    'AES-256, SHA-256': [...AES, '-macalg', 'SHA256'],
    'AES-256, SHA-512': [...AES, '-macalg', 'SHA512'],
    '3DES, SHA-1': [...TRIPLE_DES, '-macalg', 'SHA1'],
    '3DES and RC2': ['-legacy'],
  };
  for (const [name, args] of Object.entries(protections)) {
    test(`an RSA key is read: ${name}`, () => {
      const content = readPkcs12(pkcs12(client, { args, chain: [ca.cert] }), 'secret');
      assert.match(content.key ?? '', /^-----BEGIN RSA PRIVATE KEY-----/);
      assert.match(content.cert ?? '', /^-----BEGIN CERTIFICATE-----/);
      assert.equal(content.ca.length, 1);
    });
  }

  test('an EC key is not found', async () => {
    const ec = issue({ cn: 'ec', profile: 'client', issuer: ca });
    await refuses(pkcs12(ec, { args: AES }), 'secret', 'Did not find key in Elasticsearch keystore.');
  });

  test('a certificate that an EC key signed is not found, whatever its own key is', async () => {
    const ecCa = issue({ cn: 'ec-ca', profile: 'ca' });
    const rsa = issue({ cn: 'rsa', profile: 'client', issuer: ecCa, algorithm: 'rsa' });
    await refuses(pkcs12(rsa), 'secret', 'Did not find certificate in Elasticsearch keystore.');
    assert.deepEqual(readPkcs12(pkcs12(client, { chain: [ecCa.cert] }), 'secret').ca, []);
  });

  test('a password that is not ASCII does not open AES', async () => {
    const message = 'Failed to decrypt PKCS#12 SafeContents.';
    // One wrong key in four decrypts to something that looks padded, and fails in another way.
    const [path] = Array.from({ length: 8 }, () => pkcs12(client, { password: NOT_ASCII, args: AES })).filter(
      (candidate) => {
        const error = assertThrows(() => readPkcs12(candidate, NOT_ASCII));
        return error.message === message;
      }
    );
    await refuses(path, NOT_ASCII, message);
  });

  test('a password that is not ASCII opens 3DES', () => {
    const path = pkcs12(client, { password: NOT_ASCII, args: TRIPLE_DES });
    assert.ok(readPkcs12(path, NOT_ASCII).key);
  });

  test('a wrong password', async () => {
    await refuses(pkcs12(client), 'wrong', 'PKCS#12 MAC could not be verified. Invalid password\\?');
  });

  test('an empty password must be given as such', async () => {
    const path = pkcs12(client, { password: '' });
    assert.ok(readPkcs12(path, '').key);
    await refuses(path, undefined, 'PKCS#12 MAC could not be verified. Invalid password\\?');
  });

  test('without encryption and MAC any password will do, and none', () => {
    const path = pkcs12(client, { args: UNPROTECTED });
    for (const password of [undefined, '', 'anything']) {
      assert.ok(readPkcs12(path, password).key);
    }
  });

  test('two keys', async () => {
    await refuses(pkcs12WithKeys([client.key, other.key]), undefined, 'Keystore contains multiple private keys.');
  });

  test('no certificate', async () => {
    const path = pkcs12WithoutCertificate(client.key);
    await refuses(path, 'secret', 'Did not find certificate in Elasticsearch keystore.');
  });

  test('not a PKCS#12 file', async () => {
    await refuses(file('text.p12', 'no keystore'), 'secret', 'Too few bytes to read ASN.1 value.');
  });

  test('no CA anywhere: stays up and answers 503', async (t) => {
    const kibana = await start(t, { yml: settings(pkcs12(client), 'secret') });
    await kibana.waitForOutput(
      /\[ERROR\]\[elasticsearch-service\] Unable to retrieve version information from Elasticsearch nodes\. unable to verify the first certificate/
    );
    const answer = await kibana.request('/api/status');
    assert.equal(answer.status, 503);
    assert.equal(answer.text, 'Kibana server is not ready yet');
    assert.ok(kibana.isRunning);
  });

  test('CAs inside are trusted', async (t) => {
    const kibana = await start(t, { yml: settings(pkcs12(client, { chain: [nodeCa.cert] }), 'secret') });
    await kibana.untilAvailable();
    assert.equal((await kibana.request('/api/status')).status, 200);
  });

  test('a truststore is read, and all its certificates are trusted', async (t) => {
    const truststore = pkcs12(nodeCa, { args: ['-nokeys'] });
    const yml = {
      'elasticsearch.hosts': [url],
      'elasticsearch.ssl.certificate': client.cert,
      'elasticsearch.ssl.key': client.key,
      'elasticsearch.ssl.truststore.path': truststore,
      'elasticsearch.ssl.truststore.password': 'secret',
    };
    await (await start(t, { yml })).untilAvailable();
  });

  test('50,000 iterations are felt', () => {
    const seconds = [2048, 50_000].map((iterations) => {
      const path = pkcs12(client, { args: [...AES, '-iter', String(iterations)] });
      readPkcs12(path, 'secret');
      const begin = process.cpuUsage(); // of the processor, because the machine may be busy with something else
      assert.ok(readPkcs12(path, 'secret').key);
      return process.cpuUsage(begin).user / 1e6;
    });
    assert.ok(seconds[1] > 3 * seconds[0], `${seconds}`);
  });

  const intermediate = issue({ cn: 'intermediate', profile: 'ca', issuer: ca, algorithm: 'rsa' });
  const leaf = issue({ cn: 'kibana-client', profile: 'client', issuer: intermediate, algorithm: 'rsa' });
  const common = { 'elasticsearch.hosts': [url], 'elasticsearch.ssl.certificateAuthorities': nodeCa.cert };

  test('a PKCS#12 file that lacks the intermediate is refused', async (t) => {
    const yml = { ...settings(pkcs12(leaf), 'secret'), ...common };
    await (await start(t, { yml })).waitForOutput('missing authentication credentials');
  });

  test('a PEM file that lacks the intermediate is refused', async (t) => {
    const yml = { ...common, 'elasticsearch.ssl.certificate': leaf.cert, 'elasticsearch.ssl.key': leaf.key };
    await (await start(t, { yml })).waitForOutput('missing authentication credentials');
  });

  test('a PEM file with leaf and intermediate is accepted', async (t) => {
    const chain = concatenate(leaf.cert, intermediate.cert);
    const yml = { ...common, 'elasticsearch.ssl.certificate': chain, 'elasticsearch.ssl.key': leaf.key };
    await (await start(t, { yml })).untilAvailable();
  });
});
