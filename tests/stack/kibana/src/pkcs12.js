// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { readFileSync } from 'node:fs';

import forge from 'node-forge';

const { asn1, pkcs12, pki } = forge;

/**
 * @typedef {object} Pkcs12Content
 * @property {string} [key] PEM
 * @property {string} [cert] the certificate of that key, PEM
 * @property {string[]} ca all other certificates, PEM
 */

/**
 * Reads a PKCS#12 file with node-forge, which knows RSA only: it sees neither EC keys nor certificates that have one
 * or were signed by one.
 *
 * @param {string} path
 * @param {string | undefined} password undefined and the empty string are not the same
 * @returns {Pkcs12Content}
 */
export function readPkcs12(path, password) {
  const der = asn1.fromDer(readFileSync(path, 'latin1'));
  const store = pkcs12.pkcs12FromAsn1(der, /** @type {string} */ (password));
  const key = findKey(store);
  const certificates = bags(store, pki.oids.certBag).flatMap((bag) => (bag.cert ? [bag.cert] : []));
  const own = certificates.filter((certificate) => key && belongsTo(certificate, key));
  const others = certificates.filter((certificate) => !own.includes(certificate));
  return {
    key: key && pki.privateKeyToPem(key),
    cert: own.length > 0 ? pki.certificateToPem(own[0]) : undefined,
    ca: others.map((certificate) => pki.certificateToPem(certificate)),
  };
}

/** @param {forge.pkcs12.Pkcs12Pfx} store */
function findKey(store) {
  const found = [...bags(store, pki.oids.keyBag), ...bags(store, pki.oids.pkcs8ShroudedKeyBag)];
  if (found.length > 1) {
    throw new Error('Keystore contains multiple private keys.');
  }
  return /** @type {forge.pki.rsa.PrivateKey | undefined} */ (found[0]?.key ?? undefined);
}

/**
 * @param {forge.pkcs12.Pkcs12Pfx} store
 * @param {string} bagType
 */
function bags(store, bagType) {
  return store.getBags({ bagType })[bagType] ?? [];
}

/**
 * @param {forge.pki.Certificate} certificate
 * @param {forge.pki.rsa.PrivateKey} key
 */
function belongsTo(certificate, key) {
  const publicKey = /** @type {forge.pki.rsa.PublicKey} */ (certificate.publicKey);
  return publicKey.n.compareTo(key.n) === 0 && publicKey.e.compareTo(key.e) === 0;
}
