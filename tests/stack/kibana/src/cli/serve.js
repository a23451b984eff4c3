// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { setPath } from '../config/objects.js';
import { Kibana } from '../kibana.js';
import { KIBANA_VERSION } from '../version.js';
import { refuseRoot } from './root.js';

/** @param {string[]} argv */
function parse(argv) {
  try {
    return parseArgs({
      args: argv,
      options: {
        config: { type: 'string', short: 'c', multiple: true },
        elasticsearch: { type: 'string', short: 'e' },
        host: { type: 'string', short: 'H' },
        port: { type: 'string', short: 'p' },
        version: { type: 'boolean', short: 'V' },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`\n ERROR  ${/** @type {Error} */ (error).message}\n`);
    process.exit(64);
  }
}

/** @param {ReturnType<typeof parse>} options */
function toOverrides({ elasticsearch, host, port }) {
  /** @type {import('../config/objects.js').Settings} */
  const overrides = {};
  if (elasticsearch) {
    setPath(overrides, ['elasticsearch', 'hosts'], elasticsearch.split(','));
  }
  if (host) {
    setPath(overrides, ['server', 'host'], host);
  }
  if (port) {
    setPath(overrides, ['server', 'port'], port);
  }
  return overrides;
}

const options = parse(refuseRoot(process.argv.slice(2)));
if (options.version) {
  process.stdout.write(`${KIBANA_VERSION}\n`);
} else {
  const configFiles = (options.config ?? []).map((file) => resolve(file));
  await new Kibana({ configFiles, overrides: toOverrides(options) }).run();
}
