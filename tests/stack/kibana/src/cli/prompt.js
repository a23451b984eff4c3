// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { createInterface } from 'node:readline';

/**
 * @param {string} question
 * @returns {Promise<string>} rejected where the input ends without an answer
 */
export function ask(question) {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  return new Promise((resolve, reject) => {
    lines.on('close', () => reject(new Error('no answer')));
    lines.question(question, (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}

/**
 * @param {string} question
 * @returns {Promise<boolean>}
 */
export async function confirm(question) {
  return /^y(es)?/i.test(await ask(`${question} [y/N] `));
}

/** @returns {Promise<string>} everything that standard input holds */
export async function readStdin() {
  let text = '';
  for await (const chunk of process.stdin) {
    text += chunk;
  }
  return text;
}
