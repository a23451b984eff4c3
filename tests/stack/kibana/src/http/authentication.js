// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { randomBytes } from 'node:crypto';

import { asError } from '../errors.js';
import { getLogger } from '../logger.js';

const log = getLogger('plugins.security.authentication');

const SCHEMES = new Set(['apikey', 'basic', 'bearer']);

/**
 * @typedef {object} User as Elasticsearch describes it
 * @property {string} username
 *
 * @typedef {{user: User} | {error: Error & {statusCode?: number}} | undefined} Authentication
 * undefined: no credentials were given
 */

/** Knows who sends a request: Elasticsearch says so, about the credentials in a header or behind a session. */
export class Authenticator {
  /** @type {Map<string, string>} session identifier to `Authorization` header */
  sessions = new Map();

  /** @param {import('../elasticsearch/client.js').Client} client without an identity of its own */
  constructor(client) {
    this.client = client;
  }

  /**
   * @param {import('node:http').IncomingHttpHeaders} headers
   * @returns {Promise<Authentication>}
   */
  async authenticate(headers) {
    const authorization = acceptedHeader(headers) ?? this.sessions.get(sessionId(headers) ?? '');
    return authorization === undefined ? undefined : await this.ask(authorization);
  }

  /**
   * @param {string} username
   * @param {string} password
   * @returns {Promise<{sessionId: string} | {error: Error}>}
   */
  async login(username, password) {
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const result = await this.ask(authorization);
    if ('error' in result) {
      return result;
    }
    const id = randomBytes(32).toString('base64url');
    this.sessions.set(id, authorization);
    return { sessionId: id };
  }

  /**
   * @param {string} authorization
   * @returns {Promise<{user: User} | {error: Error & {statusCode?: number}}>}
   */
  async ask(authorization) {
    try {
      const user = await this.client.security.authenticate(undefined, { headers: { authorization } });
      return { user };
    } catch (error) {
      log.error(`Authentication attempt failed: ${asError(error).message}`);
      return { error: asError(error) };
    }
  }
}

/** @param {import('node:http').IncomingHttpHeaders} headers */
function acceptedHeader({ authorization }) {
  const scheme = authorization?.split(' ', 1)[0].toLowerCase() ?? '';
  return SCHEMES.has(scheme) ? authorization : undefined;
}

/** @param {import('node:http').IncomingHttpHeaders} headers */
function sessionId({ cookie }) {
  return /(?:^|;\s*)sid=([^;]+)/.exec(cookie ?? '')?.[1];
}
