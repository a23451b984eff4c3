// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** @typedef {'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL'} Level */

/**
 * Writes lines of Kibana's default pattern layout to standard output.
 *
 * @param {string} context for example `elasticsearch-service`
 */
export function getLogger(context) {
  /** @param {Level} level */
  const writer = (level) => (/** @type {string} */ message) => {
    const timestamp = new Date().toISOString().replace('Z', '+00:00');
    process.stdout.write(`[${timestamp}][${level.padEnd(5)}][${context}] ${message}\n`);
  };
  return { info: writer('INFO'), warn: writer('WARN'), error: writer('ERROR'), fatal: writer('FATAL') };
}
