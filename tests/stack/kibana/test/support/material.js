// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import forge from 'node-forge';

/** @typedef {{key: string, cert: string}} Pair paths of PEM files */

/** @type {string | undefined} */
let directory;

/** A folder of this test process, readable by everybody. */
export function scratch() {
  if (directory === undefined) {
    const created = mkdtempSync(join(tmpdir(), 'kibana-stand-in-'));
    chmodSync(created, 0o755);
    process.on('exit', () => rmSync(created, { recursive: true, force: true }));
    directory = created;
  }
  return directory;
}

let counter = 0;

/** @param {string} name */
export const newPath = (name) => join(scratch(), `${++counter}-${name}`);

/**
 * @param {string} name
 * @param {string | Buffer} content
 */
export function file(name, content) {
  const path = newPath(name);
  writeFileSync(path, content);
  return path;
}

/** @param {...string} args */
export function openssl(...args) {
  return execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

const PROFILES = {
  ca: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'],
  client: ['extendedKeyUsage=clientAuth'],
  server: ['extendedKeyUsage=serverAuth', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
  elsewhere: ['extendedKeyUsage=serverAuth', 'subjectAltName=DNS:elsewhere'],
};

/**
 * Issues a certificate with a new key.
 *
 * @param {object} request
 * @param {string} request.cn
 * @param {keyof typeof PROFILES} request.profile
 * @param {Pair} [request.issuer] itself, by default
 * @param {'rsa' | 'ec'} [request.algorithm]
 * @param {[string, string]} [request.validity] `YYYYMMDDHHMMSSZ`
 * @returns {Pair}
 */
export function issue({ cn, profile, issuer, algorithm = 'ec', validity }) {
  const key = newPath(`${cn}.key`);
  openssl(
    ...(algorithm === 'rsa'
      ? ['genrsa', '-out', key, '2048']
      : ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key])
  );
  const cert = newPath(`${cn}.crt`);
  const extensions = file('extensions.cnf', ['[x]', ...PROFILES[profile]].join('\n'));
  if (issuer === undefined) {
    openssl(
      'req',
      '-x509',
      '-new',
      '-key',
      key,
      '-subj',
      `/CN=${cn}`,
      '-days',
      '30',
      '-out',
      cert,
      '-config',
      distinguishedName(),
      '-extensions',
      'x'
    );
    return { key, cert };
  }
  const csr = newPath(`${cn}.csr`);
  openssl('req', '-new', '-key', key, '-subj', `/CN=${cn}`, '-out', csr);
  if (validity === undefined) {
    openssl(
      'x509',
      '-req',
      '-in',
      csr,
      '-CA',
      issuer.cert,
      '-CAkey',
      issuer.key,
      '-days',
      '30',
      '-extfile',
      extensions,
      '-extensions',
      'x',
      '-out',
      cert
    );
  } else {
    signWithDates(csr, cert, issuer, extensions, validity);
  }
  return { key, cert };
}

function distinguishedName() {
  return file('ca.cnf', ['[req]', 'distinguished_name=dn', '[dn]', '[x]', ...PROFILES.ca].join('\n'));
}

/**
 * `openssl x509` of version 3.0 cannot set the begin of the validity; `openssl ca` can.
 *
 * @param {string} csr
 * @param {string} cert
 * @param {Pair} issuer
 * @param {string} extensions
 * @param {[string, string]} validity
 */
function signWithDates(csr, cert, issuer, extensions, [begin, end]) {
  const config = file(
    'sign.cnf',
    [
      '[ca]',
      'default_ca=d',
      '[d]',
      `database=${file('index.txt', '')}`,
      `new_certs_dir=${scratch()}`,
      'rand_serial=yes',
      'default_md=sha256',
      'policy=p',
      '[p]',
      'commonName=supplied',
    ].join('\n')
  );
  openssl(
    'ca',
    '-batch',
    '-notext',
    '-config',
    config,
    '-in',
    csr,
    '-out',
    cert,
    '-cert',
    issuer.cert,
    '-keyfile',
    issuer.key,
    '-startdate',
    begin,
    '-enddate',
    end,
    '-extfile',
    extensions,
    '-extensions',
    'x'
  );
}

/** @param {...string} paths */
export const concatenate = (...paths) => file('chain.crt', paths.map((path) => readFileSync(path, 'utf8')).join(''));

/**
 * @param {Pair} pair
 * @param {object} [options]
 * @param {string} [options.password]
 * @param {string[]} [options.chain] certificates that are put beside
 * @param {string[]} [options.args] how to protect it
 */
export function pkcs12({ key, cert }, { password = 'secret', chain = [], args = [] } = {}) {
  const path = newPath('client.p12');
  const extra = chain.length > 0 ? ['-certfile', concatenate(...chain)] : [];
  openssl(
    'pkcs12',
    '-export',
    '-inkey',
    key,
    '-in',
    cert,
    ...extra,
    '-passout',
    `pass:${password}`,
    '-out',
    path,
    ...args
  );
  return path;
}

/**
 * @param {string} key
 * @param {string} [password]
 */
export function pkcs12WithoutCertificate(key, password = 'secret') {
  const path = newPath('key-only.p12');
  openssl('pkcs12', '-export', '-nocerts', '-inkey', key, '-passout', `pass:${password}`, '-out', path);
  return path;
}

/**
 * No tool makes a file with two keys, so it is put together here, without protection.
 *
 * @param {string[]} keys paths of PEM files
 */
export function pkcs12WithKeys(keys) {
  const { asn1, pki } = forge;
  const { SEQUENCE, INTEGER, OCTETSTRING, OID } = asn1.Type;
  /**
   * @param {number} type
   * @param {any} value
   */
  const plain = (type, value) => asn1.create(asn1.Class.UNIVERSAL, type, Array.isArray(value), value);
  /** @param {forge.asn1.Asn1} value */
  const tagged = (value) => asn1.create(asn1.Class.CONTEXT_SPECIFIC, 0, true, [value]);
  /** @param {string} oid */
  const identifier = (oid) => plain(OID, asn1.oidToDer(oid).getBytes());
  /** @param {forge.asn1.Asn1} content */
  const data = (content) =>
    plain(SEQUENCE, [identifier(pki.oids.data), tagged(plain(OCTETSTRING, asn1.toDer(content).getBytes()))]);
  const bags = keys.map((path) => {
    const key = pki.privateKeyFromPem(readFileSync(path, 'utf8'));
    const info = pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(key));
    return plain(SEQUENCE, [identifier(pki.oids.keyBag), tagged(info)]);
  });
  const authenticatedSafe = plain(SEQUENCE, [data(plain(SEQUENCE, bags))]);
  const pfx = plain(SEQUENCE, [plain(INTEGER, asn1.integerToDer(3).getBytes()), data(authenticatedSafe)]);
  return file('two-keys.p12', Buffer.from(asn1.toDer(pfx).getBytes(), 'latin1'));
}
