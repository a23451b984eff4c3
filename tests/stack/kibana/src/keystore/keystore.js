// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { decode, encode, UnableToReadKeystore } from './codec.js';

/** The encrypted settings next to kibana.yml. */
export class Keystore {
  /** @type {Record<string, unknown>} */
  data = {};

  /**
   * @param {string} path
   * @param {string} [password]
   */
  constructor(path, password = '') {
    this.path = path;
    this.password = password;
  }

  /**
   * Reads the store as the server does, without asking anybody; a store that is not there is empty.
   *
   * @param {string} path
   */
  static readUnattended(path) {
    const keystore = new Keystore(path);
    if (keystore.exists()) {
      keystore.password = keystore.hasPassword() ? (passwordFromEnvironment() ?? '') : '';
      keystore.read();
    }
    return keystore;
  }

  exists() {
    return existsSync(this.path);
  }

  /** True too for a damaged store: neither opens with the empty password. */
  hasPassword() {
    try {
      decode(readFileSync(this.path, 'utf8'), '');
      return false;
    } catch (error) {
      if (error instanceof UnableToReadKeystore) {
        return true;
      }
      throw error;
    }
  }

  read() {
    this.data = decode(readFileSync(this.path, 'utf8'), this.password);
  }

  /** Rewrites the file in place: mode and owner stay, an interruption loses everything. */
  save() {
    writeFileSync(this.path, encode(this.data, this.password));
  }
}

/** @returns {string | undefined} */
export function passwordFromEnvironment() {
  const file = process.env.KBN_KEYSTORE_PASSPHRASE_FILE;
  return file ? readFileSync(file, 'utf8').trim() : process.env.KEYSTORE_PASSWORD;
}
