// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * Refuses to run as root, unless `--allow-root` is among the arguments.
 *
 * @param {string[]} argv
 * @returns {string[]} the other arguments
 */
export function refuseRoot(argv) {
  const others = argv.filter((argument) => argument !== '--allow-root');
  if (process.getuid?.() === 0 && others.length === argv.length) {
    process.stderr.write('Kibana should not be run as root.  Use --allow-root to continue.\n');
    process.exit(1);
  }
  return others;
}
