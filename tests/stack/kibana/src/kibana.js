// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { rmSync, writeFileSync } from 'node:fs';

import { loadConfig } from './config/load.js';
import { createClients } from './elasticsearch/client.js';
import { migrateSavedObjects } from './elasticsearch/saved_objects.js';
import { VersionCheck } from './elasticsearch/version_check.js';
import { asError, CriticalError } from './errors.js';
import { Authenticator } from './http/authentication.js';
import { answerNotReady, createHandler } from './http/routes.js';
import { HttpServer, startRedirectServer } from './http/server.js';
import { getLogger } from './logger.js';
import { blockEventLoop, pass, whenSignalsAreHandled } from './startup_pace.js';

const log = getLogger('root');

/** The life of one Kibana process. */
export class Kibana {
  /** @type {HttpServer | undefined} the listener of the current phase */
  http;

  /** @param {Parameters<typeof loadConfig>[0]} configOptions */
  constructor(configOptions) {
    this.configOptions = configOptions;
  }

  /** Returns when Kibana serves its users, which may be never. */
  async run() {
    process.on('SIGTERM', () => this.stopOn('SIGTERM'));
    process.on('SIGINT', () => this.stopOn('SIGINT'));
    whenSignalsAreHandled(() => process.on('SIGHUP', () => this.reload()));
    try {
      log.info('Kibana is starting');
      this.config = loadConfig(this.configOptions);
      await this.start(this.config);
    } catch (error) {
      this.shutdown(error);
    }
  }

  /** @param {import('./config/load.js').Config} config */
  async start(config) {
    await pass('boot');
    this.writePidFile(config.pidFile);
    this.http = new HttpServer(config.server, 'Preboot', answerNotReady);
    await this.http.start();
    const clients = await createClients(config.elasticsearch);
    await pass('preboot');
    blockEventLoop();

    const versionCheck = new VersionCheck(clients.asInternalUser, config.elasticsearch.healthCheck);
    await versionCheck.untilCompatible();
    getLogger('elasticsearch-service').info('Successfully connected to Elasticsearch');
    await migrateSavedObjects(clients.asInternalUser);
    void versionCheck.watch();

    await this.http.stop();
    await pass('handover');
    // A reload may have changed the settings since the preboot server read them.
    const { server } = this.config ?? config;
    if (server.ssl.enabled && server.ssl.redirectHttpFromPort !== undefined) {
      await startRedirectServer(server);
    }
    const authenticator = new Authenticator(clients, config.providers);
    this.http = new HttpServer(server, 'Kibana', createHandler({ settings: server, authenticator, versionCheck }));
    await this.http.start();
    getLogger('status').info('Kibana is now available');
  }

  /** Reads all settings again and takes over what can be: the server's certificate. */
  reload() {
    const cli = getLogger('cli');
    cli.info('Reloading Kibana configuration (reason: SIGHUP signal received).');
    try {
      this.config = loadConfig(this.configOptions);
      this.http?.reloadTls(this.config.server);
    } catch (error) {
      this.shutdown(error);
    }
    cli.info('Reloaded Kibana configuration (reason: SIGHUP signal received).');
  }

  /** @param {string | undefined} path */
  writePidFile(path) {
    if (path) {
      writeFileSync(path, String(process.pid));
      process.on('exit', () => rmSync(path, { force: true }));
    }
  }

  /** @param {string} signal */
  stopOn(signal) {
    log.info(`${signal} received - initiating shutdown`);
    log.info('Kibana is shutting down');
    process.exit(0);
  }

  /**
   * @param {unknown} reason
   * @returns {never}
   */
  shutdown(reason) {
    const error = asError(reason);
    log.info('Kibana is shutting down');
    log.fatal(`Reason: ${error.message}\n${error.stack}`);
    process.stderr.write(`\n FATAL  ${error}\n\n`);
    process.exit(error instanceof CriticalError ? error.exitCode : 1);
  }
}
