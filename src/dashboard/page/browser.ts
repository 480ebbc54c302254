/**
 * The one file of the page that touches the browser's clock, its timers and its address bar.
 */

import { signal } from '@preact/signals';

/** Milliseconds since the Unix epoch; changes once a second, so that ages on the page grow. */
export const nowMs = signal(Date.now());

/** Lets the time of the page run. */
export function startClock(): void {
  setInterval(() => {
    nowMs.value = Date.now();
  }, 1_000);
}

/** Runs `task` once, later; gives what takes it back. */
export function later(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
}

/** How long a page may be out of sight before what `whileSeen` keeps is given up, in milliseconds. */
const unseenMs = 30_000;

/**
 * Keeps what `start` opens for as long as the page is in sight, and opens it again when it comes back: a browser has few connections
 * to a server, and a page in the background wants none. Gives what ends that.
 */
export function whileSeen(start: () => () => void): () => void {
  let stop: (() => void) | undefined = start();
  let stay = (): void => {};
  const look = (): void => {
    stay();
    if (document.visibilityState === 'visible') stop ??= start();
    else
      stay = later(unseenMs, () => {
        stop?.();
        stop = undefined;
      });
  };
  document.addEventListener('visibilitychange', look);
  return () => {
    document.removeEventListener('visibilitychange', look);
    stay();
    stop?.();
  };
}

/** Whether the person has asked their system for less movement. */
export function prefersStillness(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** The part of the address behind `#/`, by its slashes. */
export const route = signal(readRoute());

/** Follows the address bar. */
export function followAddress(): void {
  addEventListener('hashchange', () => {
    route.value = readRoute();
  });
}

/** A link to a view. */
export function linkTo(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

export function goTo(...parts: readonly string[]): void {
  location.hash = linkTo(...parts);
}

function readRoute(): readonly string[] {
  return location.hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
}

/** An address that somebody typed may hold anything. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Calls `step` before each frame until it says that nothing more moves; gives what ends that. */
export function frames(step: (clockMs: () => number) => boolean): () => void {
  const go = (): void => {
    if (step(() => performance.now())) handle = requestAnimationFrame(go);
  };
  let handle = requestAnimationFrame(go);
  return () => cancelAnimationFrame(handle);
}
