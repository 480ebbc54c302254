/**
 * Fault 27: clients that flood a server with what HTTP/2 allows. Each test floods a server process for real, beside an honest
 * client that calls and an honest server that beats, and looks at memory, beats and the offender.
 */

import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Client, type Server, startServer } from 'heddle';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { within } from '../within.ts';
import { connected } from './connected.ts';
import { functionsModule, type ServerProcess, Stage } from './processes.ts';

const stage = new Stage();
let victim: ServerProcess;
let honest: Client;
let neighbour: Server;
/** What the neighbour thought of the victim: late beats are suspected (printed), one that sends none is lost. */
const thoughts = { suspected: 0, lost: 0 };
let before = 0;
const memory = async (): Promise<number> => Number(await honest.call('memory', []));

beforeAll(async () => {
  victim = await stage.serve('victim', functionsModule);
  honest = await connected(victim.url);
  neighbour = await startServer({ name: 'neighbour', cluster: stage.cluster, join: [victim.url] });
  neighbour.on('member.suspected', () => {
    thoughts.suspected += 1;
  });
  for (const kind of ['member.unreachable', 'member.died'] as const) {
    neighbour.on(kind, () => {
      thoughts.lost += 1;
    });
  }
});

beforeEach(async () => {
  before = await memory();
});

afterEach(async () => {
  // Whoever floods others has not stopped this one: calls are answered, beats came, and little was kept.
  expect(await honest.call('echo', ['still here'])).toBe('still here');
  expect(thoughts.lost).toBe(0);
  const after = await memory();
  console.log(`the flooded server: ${Math.round((after - before) / 1e6)} MB more, suspected ${thoughts.suspected} times`);
  // 10,000 streams of HTTP/2 cost some 15 KB each while they are open.
  expect(after - before).toBeLessThan(400_000_000);
});

afterAll(async () => {
  await honest.close();
  await neighbour.stop();
});

const callHeaders = { ':method': 'POST', ':path': '/heddle.v1.Fabric/Call', 'content-type': 'application/grpc', te: 'trailers' };

function attack(): ClientHttp2Session {
  const session = connectHttp2(`http://${victim.url}`);
  session.on('error', () => {});
  return session;
}

function opened(session: ClientHttp2Session): ClientHttp2Stream {
  const stream = session.request(callHeaders);
  stream.on('error', () => {});
  stream.resume();
  return stream;
}

/** Calls, one after the other, for as long as the flood lasts; gives how many were answered. */
async function callsDuring(flood: Promise<unknown>): Promise<number> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  flood.then(over, over);
  let calls = 0;
  while (!isOver) {
    expect(await honest.call('echo', [calls])).toBe(calls);
    calls += 1;
  }
  await flood;
  return calls;
}

describe('fault 27: a server that is flooded with', { timeout: 60_000 }, () => {
  test('slow request bodies ends each that is not whole within 5 s', async () => {
    const session = attack();
    const streams = Array.from({ length: 200 }, () => opened(session));
    const ended = streams.map((stream) => once(stream, 'close'));
    // A message of a megabyte, of which a byte comes now and then.
    for (const stream of streams) stream.write(Buffer.from([0, 0, 0x10, 0, 0]));
    const drip = setInterval(() => {
      for (const stream of streams) if (!stream.closed && !stream.destroyed) stream.write(Buffer.alloc(1));
    }, 250);
    try {
      expect(await callsDuring(within('all are ended', 8_000, () => allOf(ended)))).toBeGreaterThan(100);
    } finally {
      clearInterval(drip);
      session.destroy();
    }
  });

  test('large messages that are begun on every stream and never ended cuts off whoever sends them', async () => {
    const part = Buffer.concat([Buffer.from([0, 0, 0x40, 0, 0]), Buffer.alloc(4 * 1024 * 1024 - 1)]);
    const sessions = Array.from({ length: 12 }, attack);
    const dropped = sessions.map((session) => new Promise((resolve) => session.on('close', resolve)));
    // 12 x 8 x 4 MiB: 384 MiB, of which each connection may hold 16.
    for (const session of sessions) for (let nth = 0; nth < 8; nth += 1) opened(session).write(part, () => {});
    expect(await callsDuring(within('all are cut off', 8_000, () => allOf(dropped)))).toBeGreaterThan(0);
  });

  test('10,000 streams that say nothing takes so many of a socket, and ends them', async () => {
    const sessions = Array.from({ length: 40 }, attack);
    let closed = 0;
    let refused = 0;
    const flood = async (): Promise<void> => {
      for (const session of sessions) {
        for (let nth = 0; nth < 256; nth += 1) {
          const stream = opened(session);
          stream.on('close', () => {
            closed += 1;
            if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) refused += 1;
          });
        }
        // Ten thousand a second.
        await pause(25);
      }
      await within('all are ended', 10_000, () => closed >= 10_000);
    };
    const calls = await callsDuring(flood());
    console.log(`${closed} streams ended, ${refused} of them refused, ${calls} calls answered meanwhile`);
    expect(calls).toBeGreaterThan(10);
    for (const session of sessions) session.destroy();
  });

  test('streams that are opened and reset at once drops whoever does it', async () => {
    const session = attack();
    await once(session, 'connect');
    let sent = 0;
    const flood = async (): Promise<void> => {
      while (!session.closed && !session.destroyed && sent < 50_000) {
        for (let nth = 0; nth < 100 && !session.closed && !session.destroyed; nth += 1) {
          const stream = opened(session);
          stream.close(constants.NGHTTP2_CANCEL);
          sent += 1;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await callsDuring(flood());
    console.log(`dropped after ${sent} resets`);
    expect(sent).toBeLessThan(50_000);
    session.destroy();
  });

  test('2,000 sockets that ask for nothing closes them within 5 s', async () => {
    const [host = '', port = ''] = victim.url.split(':');
    let closed = 0;
    const open = (): Promise<unknown> => {
      const socket = connectTcp({ host, port: Number(port) });
      socket.on('close', () => {
        closed += 1;
      });
      socket.on('error', () => {});
      socket.resume();
      return once(socket, 'connect');
    };
    const flood = async (): Promise<void> => {
      // No more at once than the kernel keeps for a listener: others would be connected on this side only.
      for (let nth = 0; nth < 20; nth += 1) await Promise.all(Array.from({ length: 100 }, open));
      await within('all are closed', 8_000, () => closed === 2_000);
    };
    const calls = await callsDuring(flood());
    expect(calls).toBeGreaterThan(10);
  });
});

/** Whether all of them have come; they are only looked at. */
async function allOf(promises: readonly Promise<unknown>[]): Promise<true> {
  await Promise.all(promises);
  return true;
}
