// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import {
  any,
  arrayOf,
  boolean,
  duration,
  httpUri,
  literal,
  maybe,
  number,
  object,
  oneOf,
  string,
  withDefault,
} from './types.js';

const FORBIDDEN_USERNAME =
  'value of "elastic" is forbidden. This is a superuser account that cannot write to system indices that Kibana ' +
  'needs to function. Use a service account token instead. Learn more: ' +
  'https://www.elastic.co/guide/en/elasticsearch/reference/8.0/service-accounts.html';

const username = string({ validate: (value) => (value === 'elastic' ? FORBIDDEN_USERNAME : undefined) });

const serviceAccountToken = string({
  validate: (_value, siblings) =>
    siblings.username === undefined
      ? undefined
      : 'serviceAccountToken cannot be specified when "username" is also set.',
});

const store = object({ path: maybe(string()), password: maybe(string()) });

const ssl = object(
  {
    verificationMode: withDefault(oneOf([literal('none'), literal('certificate'), literal('full')]), 'full'),
    certificateAuthorities: maybe(oneOf([string(), arrayOf(string(), { minSize: 1 })])),
    certificate: maybe(string()),
    key: maybe(string()),
    keyPassphrase: maybe(string()),
    keystore: store,
    truststore: store,
    alwaysPresentCertificate: withDefault(boolean, false),
  },
  ({ key, certificate, keystore }) => {
    if (key && keystore.path) {
      return 'cannot use [key] when [keystore.path] is specified';
    }
    if (certificate && keystore.path) {
      return 'cannot use [certificate] when [keystore.path] is specified';
    }
    return undefined;
  }
);

/** The settings under `elasticsearch.`; `any` marks those that are known but without effect here. */
export const elasticsearchSchema = object({
  sniffOnStart: withDefault(boolean, false),
  sniffInterval: any,
  sniffOnConnectionFault: withDefault(boolean, false),
  hosts: withDefault(oneOf([httpUri, arrayOf(httpUri, { minSize: 1 })]), 'http://localhost:9200'),
  maxSockets: withDefault(number({ min: 1 }), 800),
  maxIdleSockets: withDefault(number({ min: 1 }), 256),
  maxResponseSize: any,
  idleSocketTimeout: withDefault(duration, 60_000),
  compression: withDefault(boolean, false),
  username: maybe(username),
  password: maybe(string({ coerceFromNumber: true })),
  serviceAccountToken: maybe(serviceAccountToken),
  requestHeadersWhitelist: withDefault(oneOf([string(), arrayOf(string())]), ['authorization']),
  customHeaders: any,
  shardTimeout: withDefault(duration, 30_000),
  requestTimeout: withDefault(duration, 30_000),
  pingTimeout: maybe(duration),
  logQueries: withDefault(boolean, false),
  ssl,
  apiVersion: withDefault(string(), 'master'),
  healthCheck: object({ delay: withDefault(duration, 2500), startupDelay: withDefault(duration, 500) }),
  apisToRedactInLogs: any,
  dnsCacheTtl: any,
});

/** @typedef {ReturnType<typeof elasticsearchSchema>} ElasticsearchSettings */
