/**
 * W1 to W3: two ends that both write more than lies between them. A Unix socket holds some 200 KiB, whatever the machine.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectHttp2, createSecureServer, createServer, type Http2Server, type Http2Stream } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { connect as connectTls } from 'node:tls';

import { describe, expect, onTestFinished, test } from 'vitest';
import { type Clock, nextTurn, systemClock } from '../../src/base/clock.ts';
import { deferred } from '../../src/base/deferred.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { PendingWrites } from '../../src/transport/pending-writes.ts';
import { PrefixedMessages } from '../../src/transport/prefixed-messages.ts';
import { Authority } from '../certificates.ts';

const message = Buffer.alloc(256 * 1024, 7);
const count = 12;
const settings = { initialWindowSize: 4 * 1024 * 1024 };

/** One end of a stream, which writes `count` messages and waits for as many. */
async function exchange(stream: Http2Stream, clock: Clock): Promise<void> {
  stream.session?.setLocalWindowSize(settings.initialWindowSize);
  const [heard, taken] = [deferred<void>(), deferred<void>()];
  let [heardCount, takenCount] = [0, 0];
  const onMessage = (): void => {
    heardCount += 1;
    if (heardCount === count) heard.resolve();
  };
  const messages = new PrefixedMessages(stream, { clock, onMessage, onProblem: (problem) => heard.reject(new Error(problem)) });
  const done = (): void => {
    takenCount += 1;
    if (takenCount === count) taken.resolve();
  };
  for (let nth = 0; nth < count; nth += 1) messages.write(message, done);
  await Promise.all([heard.promise, taken.promise]);
}

/** Counts what waits. */
class CountedClock implements Clock {
  readonly nowMs = systemClock.nowMs;
  readonly wallMs = systemClock.wallMs;
  waiting = 0;
  most = 0;

  schedule(delayMs: number, task: () => void): () => void {
    this.waiting += 1;
    this.most = Math.max(this.most, this.waiting);
    let isOver = false;
    const end = (): void => {
      if (!isOver) this.waiting -= 1;
      isOver = true;
    };
    const cancel = systemClock.schedule(delayMs, () => {
      end();
      task();
    });
    return () => {
      end();
      cancel();
    };
  }
}

interface Way {
  readonly server: Http2Server;
  readonly dial: (path: string) => Socket;
}

function plain(): Way {
  return { server: createServer({ settings }), dial: (path) => connect(path) };
}

function secured(): Way {
  const { cert, key, ca } = new Authority().server('far');
  const server = createSecureServer({ settings, cert, key });
  return { server, dial: (path) => connectTls({ path, ca, ALPNProtocols: ['h2'], servername: 'localhost' }) };
}

describe('two ends that write at once', () => {
  test.each([
    ['plainly', plain],
    ['over TLS', secured],
  ])('%s, more than lies between them holds, both end (W1) and leave no timer (W3)', async (_name, open) => {
    const { server, dial } = open();
    const folder = mkdtempSync(join(tmpdir(), 'heddle-'));
    const path = join(folder, 'socket');
    const clock = new CountedClock();
    const [far, farClosed] = [deferred<void>(), deferred<void>()];
    server.on('stream', (stream) => {
      stream.once('close', farClosed.resolve).respond({ ':status': 200 });
      exchange(stream, clock).then(far.resolve, far.reject);
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const session = connectHttp2('https://localhost', { createConnection: () => dial(path), settings });
    onTestFinished(() => {
      session.destroy();
      server.close();
      rmSync(folder, { recursive: true });
    });
    const stream = session.request({ ':method': 'POST', ':path': '/' });
    await new Promise((resolve) => stream.once('response', resolve));
    await Promise.all([exchange(stream, clock), far.promise]);
    expect(clock.most).toBeLessThanOrEqual(2);
    session.destroy();
    await Promise.all([new Promise((resolve) => stream.once('close', resolve)), farClosed.promise]);
    expect(clock.waiting).toBe(0);
  });
});

describe('a connection whose write waits', () => {
  /** A socket on which a write waits, and that has a MiB to be read whenever it is asked. */
  class BusySocket {
    readonly _handle = {
      writeQueueSize: 1,
      bytesRead: 0,
      isReading: false,
      readStart(): void {
        this.isReading = true;
        this.bytesRead += 1024 * 1024;
      },
      readStop(): void {
        this.isReading = false;
      },
    };
  }

  async function waited(socket: BusySocket, write: (pending: PendingWrites) => void): Promise<number> {
    const clock = new VirtualClock();
    const stream = Object.assign(new PassThrough(), { session: { socket } });
    const pending = new PendingWrites(stream, clock);
    pending.begin();
    for (let look = 0; look < 200; look += 1) {
      clock.advance(1);
      await nextTurn();
      expect(socket._handle.isReading).toBe(false);
      write(pending);
    }
    return socket._handle.bytesRead;
  }

  test('reads what flow control lets a peer send, in parts, and no more before it is written (W2)', async () => {
    expect(await waited(new BusySocket(), () => {})).toBe(5 * 1024 * 1024);
  });

  test('reads by itself where it waits for the window of its peer', async () => {
    const socket = new BusySocket();
    socket._handle.writeQueueSize = 0;
    expect(await waited(socket, () => {})).toBe(0);
  });

  test('and is done again and again reads by itself', async () => {
    const again = (pending: PendingWrites): void => {
      pending.begin();
      pending.end();
    };
    expect(await waited(new BusySocket(), again)).toBe(0);
  });
});
