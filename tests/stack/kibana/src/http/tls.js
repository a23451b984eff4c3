// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { constants } from 'node:crypto';

import { readTlsMaterial } from '../tls_material.js';

/** @typedef {import('../config/schema/server.js').ServerSettings} ServerSettings */

const DISABLING_OPTIONS = {
  TLSv1: constants.SSL_OP_NO_TLSv1,
  'TLSv1.1': constants.SSL_OP_NO_TLSv1_1,
  'TLSv1.2': constants.SSL_OP_NO_TLSv1_2,
  'TLSv1.3': constants.SSL_OP_NO_TLSv1_3,
};

/**
 * Reads the files of `server.ssl.*`, also where TLS is off.
 *
 * @param {ServerSettings['ssl']} settings
 */
export function readServerTls(settings) {
  const { key, certificate, ...others } = settings;
  // Half a pair is not looked at.
  const material = readTlsMaterial(
    key && certificate ? settings : { ...others, key: undefined, certificate: undefined },
    {
      key: 'Did not find private key in keystore at [keystore.path].',
      cert: 'Did not find certificate in keystore at [keystore.path].',
    }
  );
  return {
    enabled: settings.enabled,
    options: {
      ...material,
      ciphers: settings.cipherSuites?.join(':'),
      honorCipherOrder: true,
      secureOptions: disable(settings.supportedProtocols),
      requestCert: settings.clientAuthentication !== 'none',
      rejectUnauthorized: settings.clientAuthentication === 'required',
    },
  };
}

/** @typedef {ReturnType<typeof readServerTls>} ServerTls */

/** @param {(keyof typeof DISABLING_OPTIONS)[]} supported */
function disable(supported) {
  return Object.entries(DISABLING_OPTIONS)
    .filter(([protocol]) => !supported.includes(/** @type {keyof typeof DISABLING_OPTIONS} */ (protocol)))
    .reduce((options, [, option]) => options | option, 0);
}
