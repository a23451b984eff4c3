// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { readFileSync } from 'node:fs';

import { readPkcs12 } from './pkcs12.js';

/**
 * @typedef {object} StoreSettings
 * @property {string | undefined} path
 * @property {string | undefined} password
 *
 * @typedef {object} SslSettings
 * @property {string | undefined} key
 * @property {string | undefined} keyPassphrase
 * @property {string | undefined} certificate
 * @property {string | string[] | undefined} certificateAuthorities
 * @property {StoreSettings} keystore
 * @property {StoreSettings} truststore
 *
 * @typedef {object} TlsMaterial
 * @property {string} [key]
 * @property {string} [passphrase] of a PEM key
 * @property {string} [cert]
 * @property {string[]} [ca] undefined: the built-in authorities
 */

/**
 * Reads all files that `*.ssl.*` settings name.
 *
 * @param {SslSettings} settings
 * @param {{key: string, cert: string}} missing what to say of a keystore that lacks one of them
 * @returns {TlsMaterial}
 */
export function readTlsMaterial(settings, missing) {
  const own = settings.keystore.path ? readKeystore(settings.keystore, missing) : readPemPair(settings);
  const ca = [...own.ca, ...readTruststore(settings.truststore), ...readAuthorities(settings.certificateAuthorities)];
  return { key: own.key, passphrase: own.passphrase, cert: own.cert, ca: ca.length > 0 ? ca : undefined };
}

/**
 * @param {StoreSettings} keystore
 * @param {{key: string, cert: string}} missing
 */
function readKeystore(keystore, missing) {
  const { key, cert, ca } = readPkcs12(/** @type {string} */ (keystore.path), keystore.password);
  if (!key) {
    throw new Error(missing.key);
  }
  if (!cert) {
    throw new Error(missing.cert);
  }
  return { key, cert, ca, passphrase: undefined };
}

/** @param {SslSettings} settings */
function readPemPair({ key, keyPassphrase, certificate }) {
  return {
    key: key ? readFileSync(key, 'utf8') : undefined,
    cert: certificate ? readFileSync(certificate, 'utf8') : undefined,
    passphrase: keyPassphrase,
    ca: [],
  };
}

/** @param {StoreSettings} truststore */
function readTruststore({ path, password }) {
  return path ? readPkcs12(path, password).ca : [];
}

/** @param {string | string[] | undefined} paths */
function readAuthorities(paths) {
  return (paths ? [paths].flat() : []).map((path) => readFileSync(path, 'utf8'));
}
