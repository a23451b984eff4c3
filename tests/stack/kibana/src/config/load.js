// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { CriticalError, EXIT_INVALID_CONFIG, EXIT_UNKNOWN_NAMESPACE } from '../errors.js';
import { Keystore } from '../keystore/keystore.js';
import { findUnknownKeys } from './namespaces.js';
import { mergeInto, setPath } from './objects.js';
import { getConfigFile, getKeystorePath } from './paths.js';
import { readYaml } from './read_yaml.js';
import { elasticsearchSchema } from './schema/elasticsearch.js';
import { SchemaError } from './schema/types.js';
import { serverSchema } from './schema/server.js';

/**
 * @typedef {object} Config
 * @property {import('./schema/elasticsearch.js').ElasticsearchSettings} elasticsearch
 * @property {import('./schema/server.js').ServerSettings} server
 * @property {string | undefined} pidFile
 * @property {Record<string, unknown> | undefined} providers `xpack.security.authc.providers`, by type
 */

/**
 * Reads kibana.yml, then what the command line says, then kibana.keystore, which wins.
 *
 * @param {{configFiles?: string[], overrides?: import('./objects.js').Settings}} [options]
 * @returns {Config}
 */
export function loadConfig({ configFiles = [], overrides = {} } = {}) {
  /** @type {import('./objects.js').Settings} */
  const settings = {};
  for (const file of configFiles.length > 0 ? configFiles : [getConfigFile()]) {
    mergeInto(settings, readYaml(file));
  }
  mergeInto(settings, overrides);
  mergeInto(settings, readKeystoreSettings());
  return validate(settings);
}

function readKeystoreSettings() {
  const keystore = Keystore.readUnattended(getKeystorePath());
  /** @type {import('./objects.js').Settings} */
  const settings = {};
  for (const [name, value] of Object.entries(keystore.data)) {
    setPath(settings, name.split('.'), value);
  }
  return settings;
}

/**
 * @param {import('./objects.js').Settings} settings
 * @returns {Config}
 */
function validate(settings) {
  const config = {
    elasticsearch: validateNamespace(elasticsearchSchema, settings, 'elasticsearch'),
    server: validateNamespace(serverSchema, settings, 'server'),
    pidFile: /** @type {any} */ (settings).pid?.file,
    providers: /** @type {any} */ (settings).xpack?.security?.authc?.providers,
  };
  const unknown = findUnknownKeys(settings);
  if (unknown.length > 0) {
    throw new CriticalError(
      `Unknown configuration key(s): ${unknown.map((key) => `"${key}"`).join(', ')}. ` +
        'Check for spelling errors and ensure that expected plugins are installed.',
      EXIT_UNKNOWN_NAMESPACE
    );
  }
  return config;
}

/**
 * @template T
 * @param {import('./schema/types.js').Type<T>} schema
 * @param {import('./objects.js').Settings} settings
 * @param {string} namespace
 * @returns {T}
 */
function validateNamespace(schema, settings, namespace) {
  try {
    return schema(settings[namespace], `config validation of [${namespace}]`);
  } catch (error) {
    throw error instanceof SchemaError ? new CriticalError(error.message, EXIT_INVALID_CONFIG) : error;
  }
}
