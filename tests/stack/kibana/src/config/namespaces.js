// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { flattenKeys } from './objects.js';

/** Namespaces with settings that Kibana knows and the stand-in does not look into. */
const PASSED_THROUGH = [
  'console',
  'core',
  'coreApp',
  'csp',
  'data',
  'deprecation',
  'dev',
  'elastic',
  'execution_context',
  'externalUrl',
  'feature_flags',
  'home',
  'i18n',
  'input_control_vis',
  'interactiveSetup',
  'logging',
  'map',
  'migrations',
  'monitoring',
  'newsfeed',
  'node',
  'ops',
  'path',
  'permissionsPolicy',
  'pid',
  'plugins',
  'pricing',
  'savedObjects',
  'share',
  'status',
  'telemetry',
  'uiSettings',
  'unifiedSearch',
  'usageCollection',
  'vis_type_table',
  'vis_type_timelion',
  'vis_type_timeseries',
  'vis_type_vega',
  ...[
    'actions',
    'alerting',
    'apm',
    'banners',
    'canvas',
    'cases',
    'cloud',
    'dashboardEnhanced',
    'discoverEnhanced',
    'encryptedSavedObjects',
    'eventLog',
    'features',
    'fleet',
    'graph',
    'index_management',
    'infra',
    'license_management',
    'licensing',
    'maps',
    'ml',
    'observability',
    'osquery',
    'painless_lab',
    'reporting',
    'rollup',
    'ruleRegistry',
    'screenshotting',
    'security',
    'securitySolution',
    'snapshot_restore',
    'spaces',
    'stack_connectors',
    'synthetics',
    'task_manager',
    'trigger_actions_ui',
    'upgrade_assistant',
    'uptime',
    'watcher',
  ].map((plugin) => `xpack.${plugin}`),
];

const VALIDATED = ['elasticsearch', 'server'];

/**
 * @param {import('./objects.js').Settings} settings
 * @returns {string[]} the dotted names of settings that belong to no namespace
 */
export function findUnknownKeys(settings) {
  const namespaces = [...VALIDATED, ...PASSED_THROUGH];
  return flattenKeys(settings).filter(
    (key) => !namespaces.some((namespace) => key === namespace || key.startsWith(`${namespace}.`))
  );
}
