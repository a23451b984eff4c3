// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** An error that decides the exit code of the process. */
export class CriticalError extends Error {
  /**
   * @param {string} message
   * @param {number} exitCode
   */
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** `EX_CONFIG`: a setting has the wrong type, value or company, or is not defined in its namespace. */
export const EXIT_INVALID_CONFIG = 78;

/** `EX_USAGE`: a setting belongs to no namespace at all. */
export const EXIT_UNKNOWN_NAMESPACE = 64;

/**
 * @param {unknown} error
 * @returns {Error}
 */
export function asError(error) {
  return error instanceof Error ? error : new Error(String(error));
}
