/**
 * One dial: knock, connect, greet, within one watchdog that grpc-js does not have. Whatever ends it, nothing is left.
 */

import type { CancelTask, Clock } from '../base/clock.ts';
import { type Deferred, deferred } from '../base/deferred.ts';
import { HeddleError } from '../errors.ts';
import { encodeFrames, framedBytes, type Greeting, readGreeting } from './batch-codec.ts';
import { encodeChunk } from './chunk-codec.ts';
import type { Credentials } from './credentials.ts';
import { GrpcConnection } from './grpc-connection.ts';
import { GrpcLink } from './grpc-link.ts';
import { type ChannelSettings, methods } from './grpc-options.ts';
import { knock, type Place, parseAddress } from './knock.ts';
import { bulkOpenMs, dialTimeoutMs } from './limits.ts';
import { ignoreDone } from './message-stream.ts';
import type { Dialled, DialOptions, Evidence } from './transport.ts';
import type { Turns } from './turns.ts';

export interface GrpcDialOptions {
  readonly clock: Clock;
  readonly turns: Turns;
  readonly settings: ChannelSettings;
  readonly valueBytesMax: number | undefined;
  readonly tls: Credentials | undefined;
  /** Aborts when the transport closes. */
  readonly closing: AbortSignal;
  readonly onOpened: (link: GrpcLink) => void;
  readonly onGone: (link: GrpcLink) => void;
}

/** Rejects with `unreachable` or `cancelled`. */
export function dial(options: GrpcDialOptions, what: DialOptions): Promise<Dialled> {
  return new GrpcDial(options, what).run();
}

class GrpcDial {
  readonly #options: GrpcDialOptions;
  readonly #what: DialOptions;
  readonly #result: Deferred<Dialled> = deferred();
  #state: 'knocking' | 'greeting' | 'settled' = 'knocking';
  /** Ends the present step and leaves nothing of it. */
  #undo: () => void = ignoreDone;

  constructor(options: GrpcDialOptions, what: DialOptions) {
    this.#options = options;
    this.#what = what;
  }

  run(): Promise<Dialled> {
    const { signal, timeoutMs = dialTimeoutMs, address } = this.#what;
    const abort = (): void => this.#giveUp(new HeddleError('cancelled', { reason: signal?.reason }, { executed: 'no' }));
    const close = (): void => this.#giveUp(new HeddleError('closed', { what: 'the transport' }));
    const { closing } = this.#options;
    signal?.addEventListener('abort', abort, { once: true });
    closing.addEventListener('abort', close, { once: true });
    const cancelWatchdog = this.#options.clock.schedule(timeoutMs, () => {
      this.#fail(this.#state === 'knocking' ? 'silent' : 'stalled', `no answer within ${timeoutMs} ms`);
    });
    const place = parseAddress(address);
    if (signal?.aborted) abort();
    else if (place) this.#knock(place);
    else this.#fail('unresolved', 'an address is host:port');
    return this.#result.promise.finally(() => {
      cancelWatchdog();
      signal?.removeEventListener('abort', abort);
      closing.removeEventListener('abort', close);
    });
  }

  #knock(place: Place): void {
    this.#undo = knock(place, {
      onOpen: (found) => this.#greet(found),
      onFailed: (evidence, message) => this.#fail(evidence, message),
    });
  }

  #greet(place: Place): void {
    this.#state = 'greeting';
    const { hello } = this.#what;
    const connection = this.#connect(place, methods[this.#what.kind].stream);
    this.#undo = () => connection.destroy();
    connection.take({
      onMessage: (message) => {
        connection.pause();
        const greeting = readGreeting(message);
        if (greeting) this.#welcome(place, connection, greeting);
        else this.#fail('remote', 'the peer did not greet as Heddle does');
      },
      onEnd: (evidence, message) => this.#broke(connection, evidence, message),
    });
    connection.write(encodeFrames([hello], framedBytes(hello)), ignoreDone);
  }

  #welcome(place: Place, connection: GrpcConnection, { greeting, isRefused, bulkToken }: Greeting): void {
    this.#state = 'settled';
    const link = new GrpcLink({
      kind: this.#what.kind,
      remoteAddress: this.#what.address,
      clock: this.#options.clock,
      turns: this.#options.turns,
      certificate: connection.certificate,
      stream: connection,
      valueBytesMax: this.#options.valueBytesMax,
      openBulk: (needy) => this.#openBulk(place, needy, bulkToken),
      onGone: this.#options.onGone,
    });
    this.#options.onOpened(link);
    if (isRefused) link.fail('remote', 'the peer refused the link');
    else link.start();
    this.#result.resolve({ ack: greeting, isAccepted: !isRefused, link });
  }

  #openBulk(place: Place, link: GrpcLink, token: Uint8Array): void {
    const connection = this.#connect(place, methods[link.kind].bulk, link.certificate?.name);
    const cancel: CancelTask = this.#options.clock.schedule(bulkOpenMs, () => {
      link.fail('stalled', `the bulk channel did not open within ${bulkOpenMs} ms`);
    });
    connection.write(encodeChunk({ token }), cancel);
    link.attachBulk(connection);
  }

  #connect({ host, port }: Place, path: string, mustBe?: string): GrpcConnection {
    const { clock, settings, tls } = this.#options;
    const where = { host, port, path, authority: this.#what.address, mustBe };
    return new GrpcConnection({ clock, settings, tls, ...where }, { onMessage: ignoreDone, onEnd: ignoreDone });
  }

  #broke({ doubt }: GrpcConnection, evidence: Evidence, message: string): void {
    if (!doubt) return this.#fail(evidence, message);
    this.#giveUp(new HeddleError('unauthenticated', { server: this.#what.address, ...doubt }));
  }

  #fail(evidence: Evidence, message: string): void {
    const { address } = this.#what;
    this.#giveUp(new HeddleError('unreachable', { address, evidence }, { cause: new Error(message) }));
  }

  #giveUp(error: HeddleError): void {
    if (this.#state === 'settled') return;
    this.#state = 'settled';
    this.#undo();
    this.#result.reject(error);
  }
}
