// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { encode } from '../../src/keystore/codec.js';
import { newPath } from './material.js';

const KIBANA = fileURLToPath(new URL('../../bin/kibana', import.meta.url));
const NOBODY = 65534;

/**
 * @typedef {import('node:stream').Readable} Readable
 * @typedef {{status: number, headers: http.IncomingHttpHeaders, text: string, json: any, certificate: string}} Answer
 * certificate: the name in it
 */

export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  server.close();
  return port;
}

/** A Kibana process with a configuration folder of its own. */
export class KibanaProcess {
  output = '';

  /** @type {import('node:child_process').ChildProcessByStdio<null, Readable, Readable> | undefined} */
  child;

  /** @type {Promise<any[]>} exit code and signal */
  closed = Promise.resolve([]);

  /** @param {number} port */
  constructor(port) {
    this.port = port;
    this.directory = newPath('etc-kibana');
    mkdirSync(this.directory);
    chmodSync(this.directory, 0o755);
  }

  /**
   * @param {object} options
   * @param {Record<string, unknown> | string} [options.yml] settings, or the text of kibana.yml
   * @param {Record<string, unknown> | string} [options.keystore] entries, or the text of the file
   * @param {Record<string, string>} [options.env]
   * @param {boolean} [options.unprivileged] so that file modes count
   */
  static async start({ yml = {}, keystore, env = {}, unprivileged = false }) {
    const kibana = new KibanaProcess(await freePort());
    kibana.writeYml(yml);
    if (keystore) {
      kibana.writeKeystore(keystore);
    }
    const isRoot = process.getuid?.() === 0;
    const child = spawn(KIBANA, ['--allow-root'], {
      env: { ...process.env, ...env, KBN_PATH_CONF: kibana.directory },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(unprivileged && isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => (kibana.output += chunk));
    }
    kibana.child = child;
    kibana.closed = once(child, 'close');
    return kibana;
  }

  /** @param {Record<string, unknown> | string} yml */
  writeYml(yml) {
    const own = { 'server.host': '127.0.0.1', 'server.port': this.port };
    // JSON is YAML.
    writeFileSync(
      join(this.directory, 'kibana.yml'),
      typeof yml === 'string' ? yml : JSON.stringify({ ...own, ...yml })
    );
  }

  /** @param {Record<string, unknown> | string} content entries, or the text of the file */
  writeKeystore(content) {
    writeFileSync(join(this.directory, 'kibana.keystore'), typeof content === 'string' ? content : encode(content, ''));
  }

  /** @param {NodeJS.Signals} signal */
  kill(signal) {
    this.child?.kill(signal);
  }

  /** @returns {Promise<number | NodeJS.Signals>} exit code, or the signal that ended the process */
  async exit() {
    const deadline = setTimeout(() => this.kill('SIGKILL'), 30_000);
    const [code, signal] = await this.closed;
    clearTimeout(deadline);
    return code ?? signal;
  }

  get isRunning() {
    return this.child?.exitCode === null && this.child.signalCode === null;
  }

  async stop() {
    if (this.isRunning) {
      this.kill('SIGTERM');
    }
    return await this.exit();
  }

  /**
   * @param {string | RegExp} pattern
   * @param {number} [seconds]
   */
  async waitForOutput(pattern, seconds = 40) {
    for (let waited = 0; waited < seconds; waited += 0.1) {
      if (typeof pattern === 'string' ? this.output.includes(pattern) : pattern.test(this.output)) {
        return;
      }
      if (!this.isRunning) {
        break;
      }
      await sleep(100);
    }
    throw new Error(`no ${pattern} in the output:\n${this.output}`);
  }

  async untilAvailable() {
    await this.waitForOutput('Kibana is now available');
    return this;
  }

  /**
   * The status page once it says that all is well: on a busy machine a look at Elasticsearch may have come to nothing.
   *
   * @param {Parameters<KibanaProcess['request']>[1]} options
   */
  async goodStatus(options = {}) {
    const look = () => this.request('/api/status', options);
    let answer = await look();
    for (let waited = 0; answer.status === 503 && waited < 30; waited += 1) {
      await sleep(1000);
      answer = await look();
    }
    return answer;
  }

  /**
   * @param {string} path
   * @param {object} [options]
   * @param {string} [options.method]
   * @param {Record<string, string>} [options.headers]
   * @param {unknown} [options.body]
   * @param {https.RequestOptions | false} [options.tls] false for plain HTTP
   * @returns {Promise<Answer>}
   */
  request(path, { method = 'GET', headers = {}, body, tls = false } = {}) {
    const options = { host: '127.0.0.1', port: this.port, path, method, headers, agent: false, timeout: 20_000 };
    return new Promise((resolve, reject) => {
      const request = tls ? https.request({ ...options, rejectUnauthorized: false, ...tls }) : http.request(options);
      request.on('error', reject);
      request.on('timeout', () => request.destroy(new Error('ETIMEDOUT')));
      request.on('response', async (response) => {
        const socket = /** @type {Partial<import('node:tls').TLSSocket>} */ (response.socket);
        const certificate = socket.getPeerCertificate?.().subject.CN ?? '';
        const text = (await response.setEncoding('utf8').toArray()).join('');
        const json = /json/.test(response.headers['content-type'] ?? '') ? JSON.parse(text) : undefined;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json, certificate });
      });
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

/**
 * Starts a Kibana that is stopped when the test ends.
 *
 * @param {import('node:test').TestContext} context
 * @param {Parameters<typeof KibanaProcess.start>[0]} options
 */
export async function start(context, options) {
  const kibana = await KibanaProcess.start(options);
  context.after(() => kibana.stop());
  return kibana;
}

/**
 * Starts a Kibana that is expected to end by itself.
 *
 * @param {Parameters<typeof KibanaProcess.start>[0]} options
 */
export async function runToEnd(options) {
  const kibana = await KibanaProcess.start(options);
  return { code: await kibana.exit(), output: kibana.output };
}

/** @param {{username: string, password: string}} user */
export const basic = ({ username, password }) => ({
  authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
});

/**
 * @param {KibanaProcess} kibana
 * @param {{username: string, password: string}} user
 * @param {https.RequestOptions | false} [tls]
 */
export function login(kibana, { username, password }, tls = false) {
  return kibana.request('/internal/security/login', {
    method: 'POST',
    tls,
    headers: { 'kbn-xsrf': 'true', 'x-elastic-internal-origin': 'Kibana', 'content-type': 'application/json' },
    body: {
      providerType: 'basic',
      providerName: 'basic',
      currentURL: 'http://localhost/login',
      params: { username, password },
    },
  });
}
