/**
 * What one process does in a while: processor time, or bytes allocated, by the room of the code that took them.
 *
 * A native function is charged to the room that called it, below Node and grpc-js to what is native. V8 takes for idle what runs
 * below the event loop before any JavaScript (reads, nghttp2): who wants the whole compares with the processor time.
 */

import type { HeapProfiler, Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';

export type ProfileKind = 'cpu' | 'heap';

/** Microseconds or bytes by room. */
export type Shares = Readonly<Record<string, number>>;

interface Place {
  readonly functionName: string;
  readonly url: string;
}

/** Every 200 us cost a fifth of the processor. */
const cpuIntervalMicros = 1_000;
const heapIntervalBytes = 8_192;
export const native = 'sockets, HTTP/2, system calls (native)';
const special: Readonly<Record<string, string>> = {
  '(program)': native,
  '(garbage collector)': 'garbage collection',
  '(root)': native,
};

export class Profile {
  readonly #session = new Session();
  readonly #kind: ProfileKind;

  constructor(kind: ProfileKind) {
    this.#kind = kind;
    this.#session.connect();
  }

  async start(): Promise<void> {
    if (this.#kind === 'heap') {
      const all = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
      await this.#session.post('HeapProfiler.startSampling', { samplingInterval: heapIntervalBytes, ...all });
      return;
    }
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.setSamplingInterval', { interval: cpuIntervalMicros });
    await this.#session.post('Profiler.start');
  }

  async stop(): Promise<Shares> {
    try {
      if (this.#kind === 'heap') return bytesByRoom((await this.#session.post('HeapProfiler.stopSampling')).profile.head);
      return microsByRoom((await this.#session.post('Profiler.stop')).profile);
    } finally {
      this.#session.disconnect();
    }
  }
}

function microsByRoom({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Shares {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const rooms = new Map<number, string>();
  const name = (id: number, above: string): void => {
    const node = byId.get(id);
    if (!node) return;
    const room = roomOf(node.callFrame, above);
    rooms.set(id, room);
    for (const child of node.children ?? []) name(child, room);
  };
  name(nodes[0]?.id ?? 0, '');
  const shares: Record<string, number> = {};
  for (const [at, id] of samples.entries()) {
    if (byId.get(id)?.callFrame.functionName === '(idle)') continue;
    const room = rooms.get(id) ?? native;
    // The time of a sample is that from it to the next one.
    shares[room] = (shares[room] ?? 0) + (timeDeltas[at + 1] ?? 0);
  }
  return shares;
}

function bytesByRoom(head: HeapProfiler.SamplingHeapProfileNode): Shares {
  const shares: Record<string, number> = {};
  const add = (node: HeapProfiler.SamplingHeapProfileNode, above: string): void => {
    const room = roomOf(node.callFrame, above);
    shares[room] = (shares[room] ?? 0) + node.selfSize;
    for (const child of node.children) add(child, room);
  };
  add(head, '');
  return shares;
}

/** The room of a function; `above` is that of its caller. */
export function roomOf({ functionName, url }: Place, above: string): string {
  const named = special[functionName];
  if (named !== undefined) return named;
  const [, ours] = /\/(?:src|dist)\/(\w+)\//.exec(url) ?? [];
  if (ours !== undefined && !url.includes('/node_modules/')) return ours;
  if (url.includes('/@grpc/')) return 'grpc-js';
  if (url.includes('/test/bench/')) return 'the benchmark itself';
  if (url.startsWith('node:'))
    return /http2/.test(url) ? 'node:http2' : /stream|net/.test(url) ? 'node:stream, node:net' : 'node, the rest';
  if (url === '') return above === 'grpc-js' || above.startsWith('node') || above === '' || above in special ? native : above;
  return 'other libraries';
}
