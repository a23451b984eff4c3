// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds `package.json` and `bin`. */
export const HOME = new URL('../../', import.meta.url);

const CONFIG_DIRECTORIES = [
  process.env.KBN_PATH_CONF,
  process.env.KIBANA_PATH_CONF,
  fileURLToPath(new URL('config', HOME)),
  '/etc/kibana',
].filter((directory) => directory !== undefined);

/** @param {string} path */
function isReadable(path) {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first `kibana.yml` that can be read; where none can, the one whose absence is to be reported. */
export function getConfigFile() {
  const candidates = CONFIG_DIRECTORIES.map((directory) => join(directory, 'kibana.yml'));
  return candidates.find(isReadable) ?? candidates[0];
}

export function getKeystorePath() {
  return join(CONFIG_DIRECTORIES.find((directory) => existsSync(directory)) ?? '/etc/kibana', 'kibana.keystore');
}
