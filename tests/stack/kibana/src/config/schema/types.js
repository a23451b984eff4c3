// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { isPlainObject } from '../objects.js';

/**
 * A type checks one value and returns it as the product uses it.
 *
 * @template T
 * @typedef {(value: unknown, path: string, siblings?: Record<string, unknown>) => T} Type
 */

/**
 * @template {Record<string, Type<any>>} P
 * @typedef {{[K in keyof P]: ReturnType<P[K]>}} ObjectOf
 */

/** A value that does not fit; the message names the path as Kibana does. */
export class SchemaError extends Error {
  /**
   * @param {string} path
   * @param {string} reason
   */
  constructor(path, reason) {
    super(`[${path}]: ${reason}`);
  }
}

/** @param {unknown} value */
function nameOfType(value) {
  if (value === null) {
    return 'null';
  }
  if (typeof value !== 'object') {
    return typeof value;
  }
  return value.constructor?.name ?? 'Object';
}

/**
 * @param {string} expected
 * @param {unknown} value
 */
function mismatch(expected, value) {
  return `expected value of type [${expected}] but got [${nameOfType(value)}]`;
}

/**
 * A list or a map may be given as JSON text.
 *
 * @param {unknown} value
 */
function parseJson(value) {
  if (typeof value !== 'string') {
    return value;
  }
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/**
 * @template T
 * @param {Type<T>} type
 * @returns {Type<T | undefined>}
 */
export const maybe = (type) => (value, path, siblings) =>
  value === undefined ? undefined : type(value, path, siblings);

/**
 * @template T
 * @param {Type<T>} type
 * @param {NoInfer<T>} defaultValue
 * @returns {Type<T>}
 */
export const withDefault = (type, defaultValue) => (value, path, siblings) =>
  value === undefined ? defaultValue : type(value, path, siblings);

/** @type {Type<any>} */
export const any = (value) => value;

/**
 * @typedef {object} StringOptions
 * @property {boolean} [coerceFromNumber]
 * @property {(value: string, siblings: Record<string, unknown>) => string | undefined} [validate] says what is wrong
 */

/**
 * @param {StringOptions} [options]
 * @returns {Type<string>}
 */
export const string =
  ({ coerceFromNumber = false, validate } = {}) =>
  (value, path, siblings = {}) => {
    const text = coerceFromNumber && typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string') {
      throw new SchemaError(path, mismatch('string', text));
    }
    const reason = validate?.(text, siblings);
    if (reason !== undefined) {
      throw new SchemaError(path, reason);
    }
    return text;
  };

/** @type {Type<string>} */
export const hostname = (value, path) => {
  const name = string()(value, path);
  const isName = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;
  const isIpv6 = /^[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*$/;
  if (!isName.test(name) && !isIpv6.test(name)) {
    throw new SchemaError(path, 'value must be a valid hostname (see RFC 1123).');
  }
  return name;
};

/** @type {Type<string>} */
export const httpUri = (value, path) => {
  if (typeof value !== 'string') {
    throw new SchemaError(path, `${mismatch('string', value)}.`);
  }
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(value) || !URL.canParse(value)) {
    throw new SchemaError(path, 'value must be a valid URI (see RFC 3986).');
  }
  if (!/^https?:/i.test(value)) {
    throw new SchemaError(path, 'expected URI with scheme [http|https].');
  }
  return value;
};

/** @type {Type<boolean>} */
export const boolean = (value, path) => {
  const flag = typeof value === 'string' ? { true: true, false: false }[value.toLowerCase()] : value;
  if (typeof flag !== 'boolean') {
    throw new SchemaError(path, mismatch('boolean', value));
  }
  return flag;
};

/**
 * @param {{min?: number}} [options]
 * @returns {Type<number>}
 */
export const number =
  ({ min = -Infinity } = {}) =>
  (value, path) => {
    const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof parsed !== 'number' || Number.isNaN(parsed)) {
      throw new SchemaError(path, mismatch('number', value));
    }
    if (parsed < min) {
      throw new SchemaError(path, `Value must be equal to or greater than [${min}].`);
    }
    return parsed;
  };

const MILLISECONDS = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5, M: 2592e6, y: 31536e6 };

/** @type {Type<number>} milliseconds */
export const duration = (value, path) => {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new SchemaError(path, mismatch('moment.Duration', value));
  }
  if (/^\d+$/.test(String(value))) {
    return Number(value);
  }
  const match = /^(\d+)(ms|s|m|h|d|w|M|y)$/.exec(String(value));
  if (!match) {
    throw new SchemaError(
      path,
      'Failed to parse value as time value. Value must be a duration in milliseconds, or follow the format ' +
        "<count>[ms|s|m|h|d|w|M|y] (e.g. '70ms', '5s', '3d', '1y'), where the duration is a safe positive integer."
    );
  }
  return Number(match[1]) * MILLISECONDS[/** @type {keyof typeof MILLISECONDS} */ (match[2])];
};

/**
 * @template {string | boolean} T
 * @param {T} expected
 * @returns {Type<T>}
 */
export const literal = (expected) => (value, path) => {
  if (value !== expected) {
    throw new SchemaError(path, `expected value to equal [${expected}]`);
  }
  return expected;
};

/**
 * @template T
 * @param {Type<T>} type
 * @param {{minSize?: number}} [options]
 * @returns {Type<T[]>}
 */
export const arrayOf =
  (type, { minSize = 0 } = {}) =>
  (value, path) => {
    const items = parseJson(value);
    if (!Array.isArray(items)) {
      throw new SchemaError(
        path,
        typeof value === 'string' ? 'could not parse array value from json input' : mismatch('array', value)
      );
    }
    if (items.length < minSize) {
      throw new SchemaError(path, `array size is [${items.length}], but cannot be smaller than [${minSize}]`);
    }
    return items.map((item, index) => type(item, `${path}.${index}`));
  };

/**
 * @template {Type<any>[]} T
 * @param {T} types
 * @returns {Type<ReturnType<T[number]>>}
 */
export const oneOf = (types) => (value, path) => {
  const reasons = [];
  for (const [index, type] of types.entries()) {
    try {
      return type(value, `${path}.${index}`);
    } catch (error) {
      if (!(error instanceof SchemaError)) {
        throw error;
      }
      reasons.push(`- ${error.message}`);
    }
  }
  throw new SchemaError(path, ['types that failed validation:', ...reasons].join('\n'));
};

/**
 * A map with exactly these keys.
 *
 * @template {Record<string, Type<any>>} P
 * @param {P} properties
 * @param {(value: ObjectOf<P>) => string | undefined} [validate]
 * @returns {Type<ObjectOf<P>>}
 */
export const object = (properties, validate) => (value, path) => {
  const source = value === undefined ? {} : parseJson(value);
  if (!isPlainObject(source)) {
    throw new SchemaError(
      path,
      typeof value === 'string'
        ? 'could not parse object value from json input'
        : `expected a plain object value, but found [${nameOfType(value)}] instead.`
    );
  }
  const entries = Object.entries(properties).map(([key, type]) => [key, type(source[key], `${path}.${key}`, source)]);
  for (const key of Object.keys(source)) {
    if (!Object.hasOwn(properties, key)) {
      throw new SchemaError(`${path}.${key}`, 'definition for this key is missing');
    }
  }
  const result = /** @type {ObjectOf<P>} */ (Object.fromEntries(entries));
  const reason = validate?.(result);
  if (reason !== undefined) {
    throw new SchemaError(path, reason);
  }
  return result;
};
