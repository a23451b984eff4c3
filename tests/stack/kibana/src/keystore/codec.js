// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { createCipheriv, createDecipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const ITERATIONS = 10_000;
const SALT = 64;
const IV = 12;
const TAG = 16;

/** The store is damaged, or has another password. */
export class UnableToReadKeystore extends Error {
  constructor() {
    super('unable to read keystore');
    this.name = 'UnableToReadKeystore';
  }
}

/**
 * @param {string} password
 * @param {Buffer} salt
 */
const deriveKey = (password, salt) => pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha512');

/**
 * @param {Record<string, unknown>} entries
 * @param {string} password
 * @returns {string} the content of a keystore file
 */
export function encode(entries, password) {
  const salt = randomBytes(SALT);
  const iv = randomBytes(IV);
  const cipher = createCipheriv(ALGORITHM, deriveKey(password, salt), iv);
  const ciphertext = Buffer.concat([cipher.update(JSON.stringify(entries), 'utf8'), cipher.final()]);
  return `1:${Buffer.concat([salt, iv, cipher.getAuthTag(), ciphertext]).toString('base64')}`;
}

/**
 * @param {string} content of a keystore file; its version is not looked at
 * @param {string} password
 * @returns {Record<string, unknown>}
 */
export function decode(content, password) {
  const bytes = Buffer.from(content.split(':')[1] ?? '', 'base64');
  const [salt, iv, tag, ciphertext] = split(bytes, SALT, IV, TAG);
  try {
    const decipher = createDecipheriv(ALGORITHM, deriveKey(password, salt), iv, { authTagLength: TAG });
    decipher.setAuthTag(tag);
    return JSON.parse(Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8'));
  } catch {
    throw new UnableToReadKeystore();
  }
}

/**
 * @param {Buffer} bytes
 * @param {...number} lengths
 */
function split(bytes, ...lengths) {
  let offset = 0;
  const parts = lengths.map((length) => bytes.subarray(offset, (offset += length)));
  return [...parts, bytes.subarray(offset)];
}
