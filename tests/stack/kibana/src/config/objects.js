// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** @typedef {Record<string, unknown>} Settings */

/**
 * @param {unknown} value
 * @returns {value is Settings}
 */
export function isPlainObject(value) {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * Puts `value` at a path; what stands in the way is replaced.
 *
 * @param {Settings} target
 * @param {string[]} path
 * @param {unknown} value
 */
export function setPath(target, path, value) {
  const [head, ...rest] = path;
  if (rest.length === 0) {
    target[head] = value;
    return;
  }
  const existing = target[head];
  const child = isPlainObject(existing) || Array.isArray(existing) ? existing : {};
  target[head] = child;
  setPath(/** @type {Settings} */ (child), rest, value);
}

/**
 * Copies `source` over `target`, key by key.
 *
 * @param {Settings} target
 * @param {Settings} source
 */
export function mergeInto(target, source) {
  for (const [key, value] of Object.entries(source)) {
    const existing = target[key];
    if (isPlainObject(existing) && isPlainObject(value)) {
      mergeInto(existing, value);
    } else {
      target[key] = value;
    }
  }
}

/**
 * @param {Settings} settings
 * @param {string} [prefix]
 * @returns {string[]} the dotted names of all leaves
 */
export function flattenKeys(settings, prefix = '') {
  return Object.entries(settings).flatMap(([key, value]) =>
    isPlainObject(value) ? flattenKeys(value, `${prefix}${key}.`) : [prefix + key]
  );
}
