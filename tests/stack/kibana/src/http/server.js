// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { isDeepStrictEqual } from 'node:util';

import { getLogger } from '../logger.js';
import { readServerTls } from './tls.js';

/**
 * @typedef {import('../config/schema/server.js').ServerSettings} ServerSettings
 * @typedef {(request: http.IncomingMessage, response: http.ServerResponse) => void} Handler
 */

/** One listener at `server.host` and `server.port`; its certificate can be changed while it listens. */
export class HttpServer {
  /**
   * @param {ServerSettings} settings
   * @param {string} name `Preboot` or `Kibana`
   * @param {Handler} handler
   */
  constructor(settings, name, handler) {
    this.settings = settings;
    this.log = getLogger(`http.server.${name}`);
    this.tls = readServerTls(settings.ssl);
    this.listener = this.createListener(handler);
  }

  /** @param {Handler} handler */
  createListener(handler) {
    if (!this.tls.enabled) {
      return http.createServer(handler);
    }
    if (this.settings.protocol === 'http2') {
      return http2.createSecureServer({ ...this.tls.options, allowHTTP1: true }, /** @type {any} */ (handler));
    }
    return https.createServer(this.tls.options, handler);
  }

  async start() {
    const { host, port, basePath, rewriteBasePath, ssl } = this.settings;
    await listen(this.listener, port, host);
    const scheme = ssl.enabled ? 'https' : 'http';
    this.log.info(`http server running at ${scheme}://${host}:${port}${rewriteBasePath ? basePath : ''}`);
  }

  async stop() {
    const closed = once(this.listener, 'close');
    this.listener.close();
    if ('closeAllConnections' in this.listener) {
      this.listener.closeAllConnections();
    }
    if (this.listener.listening) {
      await closed;
    }
  }

  /**
   * Takes over what the files of the new settings hold. Switching TLS on or off is not possible.
   *
   * @param {ServerSettings} settings
   */
  reloadTls(settings) {
    const tls = readServerTls(settings.ssl);
    if (!('setSecureContext' in this.listener)) {
      return;
    }
    if (!tls.enabled) {
      this.log.warn('Incompatible TLS config change detected - TLS cannot be toggled without a full server reboot.');
      return;
    }
    if (!isDeepStrictEqual(tls, this.tls)) {
      this.log.info('TLS configuration change detected - reloading TLS configuration.');
      this.listener.setSecureContext(tls.options);
      this.tls = tls;
    }
  }
}

/**
 * Sends everybody who comes without TLS to the right place.
 *
 * @param {ServerSettings} settings
 */
export async function startRedirectServer({ host, port, ssl }) {
  const server = http.createServer((request, response) => {
    response.writeHead(302, { location: `https://${host}:${port}${request.url}` }).end();
  });
  await listen(server, /** @type {number} */ (ssl.redirectHttpFromPort), host);
  getLogger('http.redirect.server').info(
    `http --> https redirect server running at http://${host}:${ssl.redirectHttpFromPort}`
  );
}

/**
 * @param {import('node:net').Server} server
 * @param {number} port
 * @param {string} host
 */
async function listen(server, port, host) {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EADDRINUSE') {
      throw new Error(`Port ${port} is already in use. Another instance of Kibana may be running!`);
    }
    throw error;
  }
}
