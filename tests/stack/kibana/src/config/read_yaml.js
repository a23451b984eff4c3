// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { readFileSync } from 'node:fs';

import { load } from 'js-yaml';

import { isPlainObject, setPath } from './objects.js';

/** @typedef {import('./objects.js').Settings} Settings */

/** @param {string} text */
function replaceEnvironment(text) {
  return text.replace(/\$\{(\w+)(?::(\w+))?\}/g, (_match, name, fallback) => {
    const value = process.env[name] ?? fallback;
    if (value === undefined) {
      throw new Error(`Unknown environment variable referenced in config : ${name}`);
    }
    return value;
  });
}

/**
 * Flattens to leaves and builds up again, so that dotted and nested names mix and the later one wins.
 * An empty map or list counts as a leaf.
 *
 * @param {Settings} target
 * @param {unknown} value
 * @param {string[]} path
 */
function merge(target, value, path) {
  if (Array.isArray(value) && value.length > 0) {
    // A shorter list does not clear a longer one that stands at the same name.
    if (!Array.isArray(getPath(target, path))) {
      setPath(target, path, []);
    }
    value.forEach((item, index) => merge(target, item, [...path, String(index)]));
  } else if (isPlainObject(value) && Object.keys(value).length > 0) {
    for (const [key, item] of Object.entries(value)) {
      merge(target, item, [...path, ...key.split('.')]);
    }
  } else if (path.length > 0) {
    setPath(target, path, typeof value === 'string' ? replaceEnvironment(value) : value);
  }
}

/**
 * @param {Settings} target
 * @param {string[]} path
 */
function getPath(target, path) {
  return path.reduce((/** @type {any} */ value, key) => value?.[key], target);
}

/**
 * @param {string} path of a kibana.yml
 * @returns {Settings}
 */
export function readYaml(path) {
  const content = load(readFileSync(path, 'utf8'));
  if (content !== null && content !== undefined && !isPlainObject(content)) {
    throw new Error(`the raw config must be an object, got [${Array.isArray(content) ? 'Array' : typeof content}]`);
  }
  /** @type {Settings} */
  const settings = {};
  merge(settings, content, []);
  return settings;
}
