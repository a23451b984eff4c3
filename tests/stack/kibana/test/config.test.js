// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { readYaml } from '../src/config/read_yaml.js';
import { elasticsearchSchema } from '../src/config/schema/elasticsearch.js';
import { serverSchema } from '../src/config/schema/server.js';
import { runToEnd, start } from './support/kibana.js';
import { file } from './support/material.js';

/** @param {string} text */
const parse = (text) => readYaml(file('kibana.yml', text));

describe('kibana.yml', () => {
  test('dotted and nested names mix, the later one wins', () => {
    const text = `
      elasticsearch.hosts: [http://a:9200, http://b:9200]
      elasticsearch:
        ssl.certificate: /old
        ssl:
          certificate: /new
      elasticsearch.ssl.key: /key
    `;
    assert.deepEqual(parse(text), {
      elasticsearch: { hosts: ['http://a:9200', 'http://b:9200'], ssl: { certificate: '/new', key: '/key' } },
    });
  });

  test('an environment variable is put in', () => {
    process.env.STAND_IN_PASSWORD = 'from-environment';
    assert.deepEqual(parse('elasticsearch.password: ${STAND_IN_PASSWORD}'), {
      elasticsearch: { password: 'from-environment' },
    });
    assert.deepEqual(parse('server.name: ${STAND_IN_MISSING:fallback}'), { server: { name: 'fallback' } });
    assert.throws(() => parse('server.name: ${STAND_IN_MISSING}'), {
      message: 'Unknown environment variable referenced in config : STAND_IN_MISSING',
    });
  });

  test('a setting twice on the same level is an error', () => {
    assert.throws(() => parse('server.name: a\nserver.name: b'), /duplicated mapping key/);
  });

  test('an empty file is an empty map, a text is an error', () => {
    assert.deepEqual(parse('# nothing\n'), {});
    assert.throws(() => parse('just a text'), /the raw config must be an object, got \[string\]/);
  });
});

describe('elasticsearch.*', () => {
  /** @type {[string, Record<string, unknown>, string][]} */
  const refused = [
    ['the superuser', { username: 'elastic' }, '[es.username]: value of "elastic" is forbidden.'],
    [
      'a name and a token',
      { username: 'kibana_system', serviceAccountToken: 'AAEA' },
      '[es.serviceAccountToken]: serviceAccountToken cannot be specified when "username" is also set.',
    ],
    ['an empty setting', { username: null }, '[es.username]: expected value of type [string] but got [null]'],
    ['a host without a scheme', { hosts: 'es1' }, '[es.hosts.0]: value must be a valid URI (see RFC 3986).'],
    ['a host of another scheme', { hosts: ['es1:9200'] }, '[es.hosts.1.0]: expected URI with scheme [http|https].'],
    ['no hosts', { hosts: [] }, '[es.hosts.1]: array size is [0], but cannot be smaller than [1]'],
    [
      'a verification mode that does not exist',
      { ssl: { verificationMode: 'strict' } },
      '[es.ssl.verificationMode]: types that failed validation:\n' +
        '- [es.ssl.verificationMode.0]: expected value to equal [none]\n' +
        '- [es.ssl.verificationMode.1]: expected value to equal [certificate]\n' +
        '- [es.ssl.verificationMode.2]: expected value to equal [full]',
    ],
    ['a name that is not known', { ssl: { truststre: {} } }, '[es.ssl.truststre]: definition for this key is missing'],
    [
      'a numeric store password',
      { ssl: { keystore: { path: '/x', password: 1 } } },
      '[es.ssl.keystore.password]: expected value of type [string] but got [number]',
    ],
    [
      'a text where a map belongs',
      { ssl: true },
      '[es.ssl]: expected a plain object value, but found [boolean] instead.',
    ],
    [
      'a duration without a unit that exists',
      { requestTimeout: '30 parsecs' },
      '[es.requestTimeout]: Failed to parse value as time value.',
    ],
    [
      'a text that is no boolean',
      { ssl: { alwaysPresentCertificate: 'yes' } },
      '[es.ssl.alwaysPresentCertificate]: expected value of type [boolean] but got [string]',
    ],
  ];
  for (const [name, settings, message] of refused) {
    test(`refuses ${name}`, () => {
      assert.throws(
        () => elasticsearchSchema(settings, 'es'),
        (/** @type {Error} */ error) => error.message.includes(message) || assert.fail(error.message)
      );
    });
  }

  test('accepts what Kibana accepts', () => {
    const { password, hosts, ssl, requestTimeout } = elasticsearchSchema(
      { password: 12345, hosts: 'https://es1:9200', requestTimeout: '1m', ssl: { certificateAuthorities: '/ca.crt' } },
      'es'
    );
    assert.deepEqual([password, hosts, requestTimeout], ['12345', 'https://es1:9200', 60_000]);
    assert.equal(ssl.verificationMode, 'full');
    assert.equal(ssl.certificateAuthorities, '/ca.crt');
    const { ssl: list } = elasticsearchSchema({ ssl: { certificateAuthorities: ['/a', '/b'] } }, 'es');
    assert.deepEqual(list.certificateAuthorities, ['/a', '/b']);
  });
});

describe('server.*', () => {
  const pair = { certificate: '/c', key: '/k' };
  /** @type {[string, Record<string, unknown>, string][]} */
  const refused = [
    [
      'TLS without a key',
      { ssl: { enabled: true, certificate: '/c' } },
      '[s.ssl]: must specify [certificate] and [key] -- or [keystore.path] -- when ssl is enabled',
    ],
    [
      'two forms of a key',
      { ssl: { ...pair, keystore: { path: '/p' } } },
      '[s.ssl]: cannot use [key] when [keystore.path] is specified',
    ],
    [
      'client certificates without TLS',
      { ssl: { clientAuthentication: 'required' } },
      '[s.ssl]: must enable ssl to use [clientAuthentication]',
    ],
    ['a numeric passphrase', { ssl: { keyPassphrase: 1 } }, '[s.ssl.keyPassphrase]: expected value of type [string]'],
    ['an unknown protocol', { ssl: { supportedProtocols: ['TLSv2'] } }, 'expected value to equal [TLSv1.3]'],
    ['no protocol', { ssl: { supportedProtocols: [] } }, 'array size is [0], but cannot be smaller than [1]'],
    [
      'one port for both',
      { port: 5601, ssl: { enabled: true, ...pair, redirectHttpFromPort: 5601 } },
      'Both are [5601].',
    ],
    ['a port that is no number', { port: 'https' }, '[s.port]: expected value of type [number] but got [string]'],
    ['a host with a scheme', { host: 'http://kb1' }, '[s.host]: value must be a valid hostname (see RFC 1123).'],
    ['a base path with a slash at its end', { basePath: '/kb/' }, "[s.basePath]: must start with a slash, don't end"],
    ['rewriting without a base path', { rewriteBasePath: true }, 'cannot use [rewriteBasePath] when [basePath]'],
    [
      'a public address beside the base path',
      { basePath: '/kb', publicBaseUrl: 'https://kb1/' },
      '[s]: [publicBaseUrl] must contain the [basePath]: / !== /kb',
    ],
    ['a public address with a query', { publicBaseUrl: 'https://kb1/?a=b' }, 'may only contain a protocol, host, port'],
  ];
  for (const [name, settings, message] of refused) {
    test(`refuses ${name}`, () => {
      assert.throws(
        () => serverSchema(settings, 's'),
        (/** @type {Error} */ error) => error.message.includes(message) || assert.fail(error.message)
      );
    });
  }

  test('accepts what Kibana accepts', () => {
    const settings = { host: '::1', port: '5601', publicBaseUrl: 'https://kb1', ssl: { enabled: 'true', ...pair } };
    const { port, ssl } = serverSchema(settings, 's');
    assert.deepEqual([port, ssl.enabled, ssl.clientAuthentication], [5601, true, 'none']);
  });
});

describe('the process', { concurrency: 6 }, () => {
  test('ends with 78 where a name is not defined', async () => {
    const { code, output } = await runToEnd({ yml: { 'elasticsearch.ssl.nonsense': 1 } });
    assert.equal(code, 78);
    assert.ok(
      output.includes(
        ' FATAL  Error: [config validation of [elasticsearch].ssl.nonsense]: definition for this key is missing'
      )
    );
    assert.match(output, /^\[\d{4}-\d\d-\d\dT[\d:.]+\+00:00\]\[FATAL\]\[root\] Reason: /m);
  });

  test('ends with 64 where a name belongs to nothing', async () => {
    const { code, output } = await runToEnd({
      yml: { 'elasticsarch.hosts': 'http://es1:9200', 'xpack.nonsense.x': 1 },
    });
    assert.equal(code, 64);
    assert.ok(output.includes('Unknown configuration key(s): "elasticsarch.hosts", "xpack.nonsense.x".'), output);
  });

  test('lets settings of other parts of Kibana pass', async (t) => {
    const yml = {
      'xpack.encryptedSavedObjects.encryptionKey': 'x'.repeat(32),
      'logging.root.level': 'info',
      'path.data': '/tmp',
      'i18n.locale': 'en',
      'telemetry.enabled': false,
      'elasticsearch.hosts': 'http://127.0.0.1:1',
    };
    const kibana = await start(t, { yml });
    await kibana.waitForOutput('http server running');
  });

  test('ends with 1 where kibana.yml is not YAML', async () => {
    const { code, output } = await runToEnd({ yml: 'server: [' });
    assert.equal(code, 1);
    assert.match(output, / FATAL {2}YAMLException: /);
  });

  test('ends with 1 where kibana.keystore is damaged', async () => {
    const { code, output } = await runToEnd({ keystore: '1:AAAA' });
    assert.equal(code, 1, output);
    assert.match(output, /unable to read keystore/);
  });

  test('a value in kibana.keystore wins', async () => {
    const yml = { 'elasticsearch.ssl.keyPassphrase': 'a-text', 'elasticsearch.ssl': { verificationMode: 'none' } };
    const { code, output } = await runToEnd({ yml, keystore: { 'elasticsearch.ssl.keyPassphrase': 12345 } });
    assert.equal(code, 78);
    assert.match(output, /ssl\.keyPassphrase\]: expected value of type \[string\] but got \[number\]/);
  });
});
