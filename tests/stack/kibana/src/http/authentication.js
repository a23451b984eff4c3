// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { randomBytes } from 'node:crypto';
import { TLSSocket } from 'node:tls';

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

/** Knows who sends a request: Elasticsearch says so, about credentials in a header, behind a session, or a certificate. */
export class Authenticator {
  /** @type {Map<string, string>} session identifier to `Authorization` header */
  sessions = new Map();

  /**
   * @param {Awaited<ReturnType<typeof import('../elasticsearch/client.js').createClients>>} clients
   * @param {Record<string, unknown>} [providers] `xpack.security.authc.providers`; without them passwords are taken
   */
  constructor(clients, providers = { basic: {} }) {
    this.clients = clients;
    this.providers = providers;
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @returns {Promise<Authentication>}
   */
  async authenticate({ headers, socket }) {
    const authorization = acceptedHeader(headers) ?? this.sessions.get(sessionId(headers) ?? '');
    if (authorization !== undefined) {
      return await this.ask(authorization);
    }
    const chain = this.providers.pki ? certificateChain(socket) : [];
    return chain.length > 0 ? await this.delegate(chain) : undefined;
  }

  /**
   * Elasticsearch gives a token for the certificate that the browser has shown to Kibana. A real Kibana keeps it in a
   * session.
   *
   * @param {string[]} chain
   * @returns {Promise<Authentication>}
   */
  async delegate(chain) {
    try {
      const { access_token } = await this.clients.asInternalUser.security.delegatePki({
        x509_certificate_chain: chain,
      });
      return await this.ask(`Bearer ${access_token}`);
    } catch (error) {
      log.error(`Failed to exchange peer certificate chain to an access token: ${asError(error).message}`);
      return { error: asError(error) };
    }
  }

  /**
   * @param {string} username
   * @param {string} password
   * @returns {Promise<{sessionId: string} | {error: Error}>}
   */
  async login(username, password) {
    if (!this.providers.basic) {
      return { error: new Error('Unauthorized') };
    }
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
      const user = await this.clients.asUser.security.authenticate(undefined, { headers: { authorization } });
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

/**
 * @param {import('node:net').Socket} socket
 * @returns {string[]} the certificate that the other side has shown, and those above it, in DER and Base64
 */
function certificateChain(socket) {
  /** @type {string[]} */
  const chain = [];
  if (socket instanceof TLSSocket && socket.authorized) {
    let certificate = socket.getPeerCertificate(true);
    while (certificate?.raw && !chain.includes(certificate.raw.toString('base64'))) {
      chain.push(certificate.raw.toString('base64'));
      certificate = certificate.issuerCertificate;
    }
  }
  return chain;
}
