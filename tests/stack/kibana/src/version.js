// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { readFileSync } from 'node:fs';

import { HOME } from './config/paths.js';

const packageJson = JSON.parse(readFileSync(new URL('package.json', HOME), 'utf8'));

/** The Kibana version this process claims to be. @type {string} */
export const KIBANA_VERSION = process.env.STACKTLS_KIBANA_VERSION || packageJson.version;

/**
 * @param {string} version
 * @returns {{major: number, minor: number, patch: number}}
 */
export function parseVersion(version) {
  const match = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (!match) {
    throw new Error(`"${version}" is not a version`);
  }
  const [major, minor, patch] = match.slice(1).map(Number);
  return { major, minor, patch };
}

export const KIBANA_MAJOR = parseVersion(KIBANA_VERSION).major;
