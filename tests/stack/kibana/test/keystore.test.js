// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { decode, encode } from '../src/keystore/codec.js';
import { newPath } from './support/material.js';

const TOOL = fileURLToPath(new URL('../bin/kibana-keystore', import.meta.url));

/** Written by the tool of a real Kibana. */
const VECTOR =
  '1:T/LQGNsIoVklyyO3cnUNdIPk07JwVdREwroNvnK/cwJIGQK7/+D4U9s6vQO1QYCZH8/15z823Qrzo2Cv3f13a60XULY56YSbZDnI30ES5w1JW3jZ' +
  'bsPPbutgdjhTh3AiKtUSQtAAJWwXz4WFQz/iClzimJuS+ndQc3WH4imd3lfJBSGJLp1XXgE6bY0=';

/** A configuration folder and the tool to work in it. */
function folder() {
  const directory = newPath('etc-kibana');
  mkdirSync(directory);
  const path = join(directory, 'kibana.keystore');
  return {
    path,
    /**
     * @param {string[]} args
     * @param {string} [input]
     * @param {Record<string, string>} [env]
     */
    run(args, input = '', env = {}) {
      const { status, stdout, stderr } = spawnSync(TOOL, [...args, '--allow-root'], {
        input,
        encoding: 'utf8',
        env: { ...process.env, ...env, KBN_PATH_CONF: directory },
      });
      return { status, stdout, stderr };
    },
    entries: () => decode(readFileSync(path, 'utf8'), ''),
  };
}

describe('codec', () => {
  test('reads what Kibana wrote', () => {
    assert.deepEqual(decode(VECTOR, ''), { 'elasticsearch.ssl.keystore.password': 'secret' });
  });

  test('writes what it reads, without a newline', () => {
    const content = encode({ name: 'wörd', number: 1 }, 'pass');
    assert.match(content, /^1:[A-Za-z0-9+/]+=*$/);
    assert.deepEqual(decode(content, 'pass'), { name: 'wörd', number: 1 });
    assert.throws(() => decode(content, 'other'), { name: 'UnableToReadKeystore', message: 'unable to read keystore' });
  });

  test('does not look at the version', () => {
    assert.deepEqual(decode(VECTOR.replace(/^1:/, '7:'), ''), { 'elasticsearch.ssl.keystore.password': 'secret' });
  });
});

describe('kibana-keystore', { concurrency: 4 }, () => {
  test('create, add, list, show, remove', () => {
    const { run, path, entries } = folder();
    assert.deepEqual(run(['create']), { status: 0, stdout: `Created Kibana keystore in ${path}\n`, stderr: '' });
    assert.deepEqual(entries(), {});
    assert.equal(run(['add', 'elasticsearch.password', '--stdin'], 'secret\n').status, 0);
    run(['add', '-x', 'elasticsearch.username'], 'kibana_system');
    assert.equal(run(['list']).stdout, 'elasticsearch.password\nelasticsearch.username\n');
    assert.equal(run(['show', 'elasticsearch.password']).stdout, 'secret\n');
    run(['remove', 'elasticsearch.password']);
    assert.deepEqual(entries(), { 'elasticsearch.username': 'kibana_system' });
  });

  test('a value in JSON is stored as what it is', () => {
    const { run, entries } = folder();
    run(['create']);
    for (const [key, text] of [
      ['number', '12345'],
      ['flag', 'true'],
      ['quoted', '"12345"'],
      ['text', '0x1f'],
      ['null', 'null'],
    ]) {
      run(['add', key, '-x'], text);
    }
    assert.deepEqual(entries(), { number: 12345, flag: true, quoted: '12345', text: '0x1f', null: 'null' });
  });

  test('overwrites only when told', () => {
    const { run, entries } = folder();
    run(['create']);
    run(['add', 'key', '-x'], 'old');
    const refused = run(['add', 'key', '-x'], 'new');
    assert.deepEqual(
      [refused.status, refused.stdout],
      [0, 'Setting key already exists, exiting without modifying keystore.\n']
    );
    assert.match(
      run(['add', 'key'], 'n\n').stdout,
      /Setting key already exists\. Overwrite\? \[y\/N\].*Exiting without modifying keystore/s
    );
    assert.deepEqual(entries(), { key: 'old' });
    run(['add', 'key', '--force', '--stdin'], 'new');
    assert.deepEqual(entries(), { key: 'new' });
    assert.match(run(['create'], 'n\n').stdout, /A Kibana keystore already exists\. Overwrite\? \[y\/N\]/);
    assert.deepEqual(entries(), { key: 'new' });
    run(['create'], 'y\n');
    assert.deepEqual(entries(), {});
  });

  test('asks for the value', () => {
    const { run, entries } = folder();
    run(['create']);
    assert.match(run(['add', 'key'], 'typed\n').stdout, /Enter value for key: /);
    assert.deepEqual(entries(), { key: 'typed' });
  });

  test('rewrites in place', () => {
    const { run, path } = folder();
    run(['create']);
    chmodSync(path, 0o640);
    const before = statSync(path);
    run(['add', 'key', '-x'], 'value');
    const after = statSync(path);
    assert.deepEqual([after.ino, after.mode & 0o777], [before.ino, 0o640]);
  });

  test('a store that is not there', () => {
    const { run, path } = folder();
    const notFound = "ERROR: Kibana keystore not found. Use 'create' command to create one.\n";
    for (const args of [['list'], ['add', 'key', '-x']]) {
      assert.deepEqual(run(args), { status: 0, stdout: '', stderr: notFound });
    }
    assert.deepEqual(run(['show', 'key']), { status: 255, stdout: '', stderr: notFound });
    run(['remove', 'key']);
    assert.deepEqual(decode(readFileSync(path, 'utf8'), ''), {}, 'remove makes one');
  });

  test('show writes to a new file only', () => {
    const { run, path } = folder();
    run(['create']);
    run(['add', 'map', '-x'], '{"a": 1}');
    const output = `${path}.out`;
    assert.equal(run(['show', 'map', '-o', output]).stdout, `Writing output to file: ${output}\n`);
    assert.equal(readFileSync(output, 'utf8'), '{"a":1}');
    assert.equal(run(['show', 'map', '-o', output]).status, 255);
    assert.match(run(['show', 'other']).stderr, /ERROR: Kibana keystore doesn't have requested key\./);
  });

  test('a password', () => {
    const { run, path } = folder();
    run(['create']);
    assert.deepEqual(
      [run(['has-passwd']).status, run(['has-passwd']).stderr],
      [1, 'Error: Keystore is not password protected\n']
    );
    run(['passwd'], 'top\n');
    assert.equal(run(['has-passwd']).status, 0);
    assert.throws(() => decode(readFileSync(path, 'utf8'), ''));
    run(['add', 'key', '-x'], 'value', { KEYSTORE_PASSWORD: 'top' });
    assert.equal(run(['list'], '', { KEYSTORE_PASSWORD: 'top' }).stdout, 'key\n');
    assert.match(run(['list'], 'top\n').stdout, /Enter password for the kibana keystore: .*key/s);
    assert.equal(run(['list'], 'wrong\n').status, 1);
  });

  test('a damaged store is not overwritten', () => {
    const { run, path } = folder();
    writeFileSync(path, '1:AAAA');
    const { status, stderr } = run(['add', 'key', '-x'], 'value', { KEYSTORE_PASSWORD: 'any' });
    assert.equal(status, 1);
    assert.match(stderr, /unable to read keystore/);
    assert.equal(readFileSync(path, 'utf8'), '1:AAAA');
  });

  test('a command that does not exist', () => {
    const { run } = folder();
    assert.equal(run(['nonsense']).status, 64);
    assert.equal(run(['add']).status, 64);
    assert.equal(run(['--version']).stdout, '8.16.6\n');
  });
});
