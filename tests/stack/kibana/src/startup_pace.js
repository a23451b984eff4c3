// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { setTimeout as sleep } from 'node:timers/promises';

/** The shortest start. */
const MINIMUM_SECONDS = 2;

const seconds = Math.max(Number(process.env.STACKTLS_KIBANA_STARTUP_SECONDS) || 0, MINIMUM_SECONDS);

/** Parts of the whole start, in the order in which they pass. */
const PHASES = {
  /** Nothing listens yet: connections are refused. */
  boot: 0.4,
  /** The preboot server answers 503. */
  preboot: 0.35,
  /** Plugins are loaded: connections are accepted, nothing is answered. */
  blocked: 0.15,
  /** The preboot server is gone, the main one does not listen yet: refused again. */
  handover: 0.1,
};

/** @param {keyof typeof PHASES} phase */
const milliseconds = (phase) => seconds * 1000 * PHASES[phase];

/** @param {'boot' | 'preboot' | 'handover'} phase */
export async function pass(phase) {
  await sleep(milliseconds(phase));
}

/** Holds the event loop, as loading several hundred plugins does. */
export function blockEventLoop() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds('blocked'));
}

/**
 * Runs `action` when signals are handled: two seconds after the beginning, as with the real one, or later where the start
 * is made slower. A signal that comes earlier finds no handler.
 *
 * @param {() => void} action
 */
export function whenSignalsAreHandled(action) {
  setTimeout(action, seconds * 1000).unref();
}
