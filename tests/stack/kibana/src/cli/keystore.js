// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { getKeystorePath } from '../config/paths.js';
import { Keystore, passwordFromEnvironment } from '../keystore/keystore.js';
import { KIBANA_VERSION } from '../version.js';
import { ask, confirm, readStdin } from './prompt.js';
import { refuseRoot } from './root.js';

/**
 * @typedef {object} Options
 * @property {boolean} [force]
 * @property {boolean} [stdin]
 * @property {boolean} [silent]
 * @property {string} [output]
 *
 * @typedef {(keystore: Keystore, argument: string, options: Options) => Promise<number>} Command
 * resolves to the exit code
 */

const NOT_FOUND = "ERROR: Kibana keystore not found. Use 'create' command to create one.";

const USAGE = `Usage: bin/kibana-keystore [options] [command]

A tool for managing settings stored in the Kibana keystore

Commands:
  create [options]      Creates a new Kibana keystore
  list [options]        List entries in the keystore
  add [options] <key>   Add a setting to the keystore. Note: The value will be JSON parsed. Use quotes to force string inputs.
  remove [options] <key>  Remove a setting from the keystore
  show [options] <key>  Displays the value of a single setting in the keystore
  passwd [options]      Changes the password of a keystore
  has-passwd [options]  Succeeds if the keystore exists and is password-protected, fails with exit code 1 otherwise
`;

/** @param {string} line */
const print = (line) => process.stdout.write(`${line}\n`);

/** @param {string} line */
const complain = (line) => process.stderr.write(`${line}\n`);

/** @param {Keystore} keystore */
async function open(keystore) {
  if (!keystore.exists()) {
    return;
  }
  if (keystore.hasPassword()) {
    keystore.password = passwordFromEnvironment() ?? (await ask('Enter password for the kibana keystore: '));
  }
  keystore.read();
}

/**
 * A number, a boolean or a map in JSON is stored as such: `12345` is no longer a string.
 *
 * @param {string} text
 */
function parseValue(text) {
  const trimmed = text.trim();
  try {
    return JSON.parse(trimmed) ?? trimmed;
  } catch {
    return trimmed;
  }
}

/** @type {Command} */
const create = async (keystore, _argument, { silent }) => {
  if (keystore.exists() && !(await confirm('A Kibana keystore already exists. Overwrite?'))) {
    print('Exiting without modifying keystore.');
    return 0;
  }
  keystore.save();
  if (!silent) {
    print(`Created Kibana keystore in ${keystore.path}`);
  }
  return 0;
};

/** @type {Command} */
const list = async (keystore) => {
  await open(keystore);
  if (!keystore.exists()) {
    complain(NOT_FOUND);
    return 0;
  }
  print(Object.keys(keystore.data).join('\n'));
  return 0;
};

/** @type {Command} */
const add = async (keystore, key, { force, stdin }) => {
  await open(keystore);
  if (!keystore.exists()) {
    complain(NOT_FOUND);
    return 0;
  }
  if (!force && Object.hasOwn(keystore.data, key)) {
    if (stdin) {
      print(`Setting ${key} already exists, exiting without modifying keystore.`);
      return 0;
    }
    if (!(await confirm(`Setting ${key} already exists. Overwrite?`))) {
      print('Exiting without modifying keystore.');
      return 0;
    }
  }
  keystore.data[key] = parseValue(stdin ? await readStdin() : await ask(`Enter value for ${key}: `));
  keystore.save();
  return 0;
};

/** @type {Command} */
const remove = async (keystore, key) => {
  await open(keystore);
  delete keystore.data[key];
  keystore.save();
  return 0;
};

/** @type {Command} */
const show = async (keystore, key, { output }) => {
  await open(keystore);
  if (!keystore.exists()) {
    complain(NOT_FOUND);
    return -1;
  }
  if (!Object.hasOwn(keystore.data, key)) {
    complain("ERROR: Kibana keystore doesn't have requested key.");
    return -1;
  }
  const value = keystore.data[key];
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (!output) {
    print(text);
    return 0;
  }
  if (existsSync(output)) {
    complain('ERROR: Output file already exists. Remove it before retrying.');
    return -1;
  }
  writeFileSync(output, text);
  print(`Writing output to file: ${output}`);
  return 0;
};

/** @type {Command} */
const passwd = async (keystore) => {
  await open(keystore);
  if (!keystore.exists()) {
    complain(NOT_FOUND);
    return 0;
  }
  const password = await ask('Enter new password for the kibana keystore (empty for no password): ');
  if (password) {
    keystore.password = password;
  }
  keystore.save();
  return 0;
};

/** @type {Command} */
const hasPasswd = async (keystore, _argument, { silent }) => {
  const reason = keystore.exists() ? 'Keystore is not password protected' : 'Keystore not found';
  const isProtected = keystore.exists() && keystore.hasPassword();
  if (!silent) {
    if (isProtected) {
      print('Keystore is password-protected');
    } else {
      complain(`Error: ${reason}`);
    }
  }
  return isProtected ? 0 : 1;
};

/** @type {Record<string, {run: Command, takesKey: boolean}>} */
const COMMANDS = {
  create: { run: create, takesKey: false },
  list: { run: list, takesKey: false },
  add: { run: add, takesKey: true },
  remove: { run: remove, takesKey: true },
  show: { run: show, takesKey: true },
  passwd: { run: passwd, takesKey: false },
  'has-passwd': { run: hasPasswd, takesKey: false },
};

/** @param {string} message */
function usageError(message) {
  complain(`\n ERROR  ${message}\n`);
  complain(USAGE);
  return 64;
}

/**
 * @param {string[]} argv
 * @returns {Promise<number>} the exit code
 */
async function main(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      force: { type: 'boolean', short: 'f' },
      stdin: { type: 'boolean', short: 'x' },
      silent: { type: 'boolean', short: 's' },
      output: { type: 'string', short: 'o' },
      version: { type: 'boolean', short: 'V' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [name, key] = positionals;
  if (values.version) {
    print(KIBANA_VERSION);
    return 0;
  }
  if (name === undefined || name === 'help' || values.help) {
    print(USAGE);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    return usageError(`unknown command ${name}`);
  }
  if (command.takesKey && key === undefined) {
    return usageError("missing required argument 'key'");
  }
  return await command.run(new Keystore(getKeystorePath()), key ?? '', values);
}

try {
  process.exitCode = await main(refuseRoot(process.argv.slice(2)));
} catch (error) {
  complain(String(error));
  process.exitCode = 1;
}
