// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { hostname as osHostname } from 'node:os';

import { KIBANA_MAJOR } from '../../version.js';
import {
  any,
  arrayOf,
  boolean,
  duration,
  hostname,
  httpUri,
  literal,
  maybe,
  number,
  object,
  oneOf,
  string,
  withDefault,
} from './types.js';

/** @type {('TLSv1.1' | 'TLSv1.2' | 'TLSv1.3')[]} */
const DEFAULT_PROTOCOLS = KIBANA_MAJOR >= 9 ? ['TLSv1.2', 'TLSv1.3'] : ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

const store = object({ path: maybe(string()), password: maybe(string()) });

const ssl = object(
  {
    certificate: maybe(string()),
    certificateAuthorities: maybe(oneOf([arrayOf(string()), string()])),
    cipherSuites: maybe(arrayOf(string())),
    enabled: withDefault(boolean, false),
    key: maybe(string()),
    keyPassphrase: maybe(string()),
    keystore: store,
    truststore: store,
    redirectHttpFromPort: maybe(number()),
    supportedProtocols: withDefault(
      arrayOf(oneOf([literal('TLSv1'), literal('TLSv1.1'), literal('TLSv1.2'), literal('TLSv1.3')]), { minSize: 1 }),
      DEFAULT_PROTOCOLS
    ),
    clientAuthentication: withDefault(oneOf([literal('none'), literal('optional'), literal('required')]), 'none'),
  },
  ({ enabled, key, certificate, keystore, clientAuthentication }) => {
    if (key && keystore.path) {
      return 'cannot use [key] when [keystore.path] is specified';
    }
    if (certificate && keystore.path) {
      return 'cannot use [certificate] when [keystore.path] is specified';
    }
    if (enabled && !(key && certificate) && !keystore.path) {
      return 'must specify [certificate] and [key] -- or [keystore.path] -- when ssl is enabled';
    }
    if (!enabled && clientAuthentication !== 'none') {
      return 'must enable ssl to use [clientAuthentication]';
    }
    return undefined;
  }
);

const basePath = string({
  validate: (value) => (/^\/.*[^/]$/.test(value) ? undefined : "must start with a slash, don't end with one"),
});

/**
 * @param {string} publicBaseUrl
 * @param {string | undefined} basePathValue
 */
function checkPublicBaseUrl(publicBaseUrl, basePathValue) {
  const { search, hash, username, pathname } = new URL(publicBaseUrl);
  if (search || hash || username) {
    return '[publicBaseUrl] may only contain a protocol, host, port, and pathname';
  }
  if (pathname !== (basePathValue ?? '/')) {
    return `[publicBaseUrl] must contain the [basePath]: ${pathname} !== ${basePathValue}`;
  }
  return undefined;
}

/** The settings under `server.`; `any` marks those that are known but without effect here. */
export const serverSchema = object(
  {
    name: withDefault(string(), osHostname()),
    autoListen: any,
    publicBaseUrl: maybe(httpUri),
    basePath: maybe(basePath),
    rewriteBasePath: withDefault(boolean, false),
    host: withDefault(hostname, 'localhost'),
    port: withDefault(number(), 5601),
    protocol: withDefault(oneOf([literal('http1'), literal('http2')]), KIBANA_MAJOR >= 9 ? 'http2' : 'http1'),
    ssl,
    shutdownTimeout: withDefault(duration, 30_000),
    cdn: any,
    oas: any,
    cors: any,
    securityResponseHeaders: any,
    customResponseHeaders: any,
    maxPayload: any,
    maxPayloadBytes: any,
    keepaliveTimeout: withDefault(number(), 120_000),
    socketTimeout: withDefault(number(), 120_000),
    payloadTimeout: withDefault(number(), 20_000),
    http2: any,
    compression: any,
    uuid: any,
    xsrf: any,
    eluMonitor: any,
    requestId: any,
    restrictInternalApis: withDefault(boolean, KIBANA_MAJOR >= 9),
    versioned: any,
  },
  (value) => {
    if (!value.basePath && value.rewriteBasePath) {
      return 'cannot use [rewriteBasePath] when [basePath] is not specified';
    }
    const reason = value.publicBaseUrl && checkPublicBaseUrl(value.publicBaseUrl, value.basePath);
    if (reason) {
      return reason;
    }
    if (value.ssl.enabled && value.ssl.redirectHttpFromPort === value.port) {
      return (
        'Kibana does not accept http traffic to [port] when ssl is enabled (only https is allowed), so ' +
        `[ssl.redirectHttpFromPort] cannot be configured to the same value. Both are [${value.port}].`
      );
    }
    return undefined;
  }
);

/** @typedef {ReturnType<typeof serverSchema>} ServerSettings */
