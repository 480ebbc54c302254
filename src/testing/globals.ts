/**
 * Global time and chance on the clock of the simulated process that asks; for all other code they stay what they are.
 *
 * Z1 inside a simulation `setTimeout`, `setInterval`, `setImmediate`, what clears them, `node:timers`, `node:timers/promises`,
 *    `AbortSignal.timeout`, `Date`, `performance.now` and `process.hrtime` are virtual; `Math.random` and `crypto.randomUUID` come from
 *    the seed.
 * Z2 they are replaced while at least one simulation runs, and restored after the last.
 * A module that kept the real function before that has the real one.
 */

import nodeCrypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import nodeTimers from 'node:timers';
import nodePromises from 'node:timers/promises';
import { promisify } from 'node:util';
import { currentInhabitant, type Inhabitant } from './inhabitant.ts';
import { SharedUse } from './shared-use.ts';
import { clearVirtual, setVirtual, setVirtualImmediate, waitVirtual } from './virtual-timers.ts';

type AnyFunction = (...args: unknown[]) => unknown;
type Holder = Record<string, unknown>;
/** What a function does in the name of a process. */
type Virtual = (inhabitant: Inhabitant, args: readonly unknown[]) => unknown;

const timers: Readonly<Record<string, Virtual>> = {
  setTimeout: ({ clock }, [task, delayMs, ...args]) => setVirtual(clock, task, { delayMs, args, isRepeated: false }),
  setInterval: ({ clock }, [task, delayMs, ...args]) => setVirtual(clock, task, { delayMs, args, isRepeated: true }),
  setImmediate: ({ clock }, [task, ...args]) => setVirtualImmediate(clock, task, args),
};
const clears = ['clearTimeout', 'clearInterval', 'clearImmediate'];
const promised: Readonly<Record<string, Virtual>> = {
  setTimeout: ({ clock }, [delayMs, value, options]) => waitVirtual(clock, delayMs, { value, signal: signalOf(options) }),
  setImmediate: ({ clock }, [value, options]) => waitVirtual(clock, 0, { value, signal: signalOf(options) }),
  setInterval: ({ clock }, [delayMs, value, options]) => tick(clock, delayMs, { value, signal: signalOf(options) }),
};

/** Nanoseconds in a second. */
const billion = 1_000_000_000n;

const restores: (() => void)[] = [];
const use = new SharedUse({ begin: install, end: restore });

/** Puts the virtual ones in place; returns what takes them away again. */
export function useVirtualGlobals(): () => void {
  return use.enter();
}

function restore(): void {
  for (const putBack of restores.splice(0).reverse()) putBack();
  syncBuiltinESMExports();
}

function install(): void {
  for (const holder of [globalThis, nodeTimers].map(holderOf)) {
    for (const [name, virtual] of Object.entries(timers)) replace(holder, name, virtual);
    for (const name of clears) replaceClear(holder, name);
  }
  const promises = holderOf(nodePromises);
  for (const [name, virtual] of Object.entries(promised)) replace(promises, name, virtual);
  replace(holderOf(nodePromises.scheduler), 'wait', ({ clock }, [delayMs, options]) =>
    waitVirtual(clock, delayMs, { value: undefined, signal: signalOf(options) }),
  );
  replace(holderOf(AbortSignal), 'timeout', ({ clock }, [delayMs]) => timeoutSignal(clock, delayMs));
  replace(holderOf(performance), 'now', ({ clock }) => clock.nowMs());
  replace(holderOf(Math), 'random', ({ random }) => random.next());
  for (const holder of [globalThis.crypto, nodeCrypto].map(holderOf))
    replace(holder, 'randomUUID', ({ random }) => uuidOf(random.bytes(16)));
  replaceHighResolution();
  replaceDate();
  syncBuiltinESMExports();
}

/** Something whose members are replaced, by name: as an object of the language it is one, whatever its type says of them. */
function holderOf(owner: object): Holder {
  return owner as Holder; // read and written by name alone, and what is read is looked at
}

/** The replacement asks who runs, and is the real function for everybody else. */
function replace(holder: Holder, name: string, virtual: Virtual): void {
  const real = holder[name] as AnyFunction; // every name above is a function there
  const replacement = function (this: unknown, ...args: unknown[]): unknown {
    const inhabitant = currentInhabitant();
    return inhabitant ? virtual(inhabitant, args) : Reflect.apply(real, this, args);
  };
  // `promisify(setTimeout)` asks for this.
  const custom = promised[name];
  const realCustom = (real as unknown as Record<symbol, unknown>)[promisify.custom];
  if (custom && typeof realCustom === 'function') {
    Object.defineProperty(replacement, promisify.custom, {
      value: (...args: unknown[]) => {
        const inhabitant = currentInhabitant();
        return inhabitant ? custom(inhabitant, args) : Reflect.apply(realCustom, undefined, args);
      },
    });
  }
  put(holder, name, replacement);
}

function replaceClear(holder: Holder, name: string): void {
  const real = holder[name] as AnyFunction; // as above
  put(holder, name, function (this: unknown, timer: unknown): void {
    if (!clearVirtual(timer)) Reflect.apply(real, this, [timer]);
  });
}

/** `process.hrtime` and its `bigint`: nanoseconds of the process' own clock. */
function replaceHighResolution(): void {
  const nanoseconds = ({ clock }: Inhabitant): bigint => BigInt(Math.round(clock.nowMs() * 1e6));
  const bigint = process.hrtime.bigint;
  replace(holderOf(process), 'hrtime', (inhabitant, [since]) => {
    const [seconds, rest] = Array.isArray(since) ? (since as [number, number]) : [0, 0]; // as Node's own asks for it
    const ns = nanoseconds(inhabitant) - BigInt(seconds) * billion - BigInt(rest);
    return [Number(ns / billion), Number(ns % billion)];
  });
  Object.assign(process.hrtime, { bigint });
  replace(holderOf(process.hrtime), 'bigint', nanoseconds);
}

function replaceDate(): void {
  const real = globalThis.Date;
  const wallMs = (): number | undefined => {
    const inhabitant = currentInhabitant();
    return inhabitant && Math.floor(inhabitant.clock.wallMs());
  };
  const now = (): number => wallMs() ?? real.now();
  const virtual: DateConstructor = new Proxy(real, {
    construct: (target, args, made) => {
      const given = args.length === 0 ? [wallMs()].filter((ms) => ms !== undefined) : args;
      return Reflect.construct(target, given, made === virtual ? target : made) as object; // a Date: the target's constructor made it
    },
    apply: () => new real(now()).toString(),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  });
  put(globalThis, 'Date', virtual);
}

function put(holder: Holder, name: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(holder, name);
  Object.defineProperty(holder, name, { value, configurable: true, writable: true, enumerable: before?.enumerable ?? true });
  restores.push(() => {
    if (before) Object.defineProperty(holder, name, before);
    else delete holder[name];
  });
}

async function* tick(clock: Inhabitant['clock'], delayMs: unknown, options: { value: unknown; signal: AbortSignal | undefined }) {
  for (;;) yield await waitVirtual(clock, delayMs, options);
}

function timeoutSignal(clock: Inhabitant['clock'], delayMs: unknown): AbortSignal {
  const controller = new AbortController();
  clock.schedule(Number(delayMs), () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')));
  return controller.signal;
}

function signalOf(options: unknown): AbortSignal | undefined {
  const signal = typeof options === 'object' && options !== null && 'signal' in options ? options.signal : undefined;
  return signal instanceof AbortSignal ? signal : undefined;
}

/** A version 4 UUID of these 16 bytes (RFC 9562). */
function uuidOf(bytes: Uint8Array): string {
  const hex = [...bytes].map((byte, at) =>
    (at === 6 ? (byte & 0x0f) | 0x40 : at === 8 ? (byte & 0x3f) | 0x80 : byte).toString(16).padStart(2, '0'),
  );
  return [hex.slice(0, 4), hex.slice(4, 6), hex.slice(6, 8), hex.slice(8, 10), hex.slice(10)].map((part) => part.join('')).join('-');
}
