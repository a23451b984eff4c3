// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { judge } from '../src/elasticsearch/version_check.js';
import { KIBANA_VERSION } from '../src/version.js';

/** @param {string} version */
const node = (version) => ({ version, ip: '127.0.0.1', http: { publish_address: '127.0.0.1:9200' } });

test('the same version is compatible', () => {
  assert.deepEqual(judge([node(KIBANA_VERSION)]), { isCompatible: true });
});

for (const version of ['7.17.0', '8.15.9', '9.0.0']) {
  test(`another major version, or an older minor one, is not: ${version}`, () => {
    const { isCompatible, message } = judge([node(KIBANA_VERSION), node(version)]);
    assert.equal(isCompatible, false);
    assert.match(
      message ?? '',
      new RegExp(`nodes in your cluster: v${version} @ 127\\.0\\.0\\.1:9200 \\(127\\.0\\.0\\.1\\)$`)
    );
  });
}

for (const version of ['8.16.0', '8.17.0']) {
  test(`another patch, or a newer minor version, is, with a word: ${version}`, () => {
    const { isCompatible, message } = judge([node(version)]);
    assert.equal(isCompatible, true);
    assert.match(message ?? '', /You're running Kibana .* with some different versions of Elasticsearch/);
  });
}

test('no nodes are not compatible', () => {
  const message = 'Unable to retrieve version information from Elasticsearch nodes.';
  assert.deepEqual(judge([]), { isCompatible: false, message, cause: undefined });
});
