/**
 * One dial in memory: the two ends, their pipes, the greeting, and what a failure looks like from outside.
 */

import { type Deferred, deferred } from '../base/deferred.ts';
import { HeddleError } from '../errors.ts';
import { dialTimeoutMs } from './limits.ts';
import { MemoryEnd } from './memory-link.ts';
import { MemoryPipe, type Packet, type Weather } from './memory-pipe.ts';
import type { Doubt, PeerCertificate } from './peer-certificate.ts';
import { hostOf } from './ports.ts';
import type { Acceptor, Answer, Dialled, DialOptions, Evidence } from './transport.ts';

/** What a dial needs of the network. */
export interface MemoryDialHost {
  readonly weather: Weather;
  readonly from: string;
  readonly valueBytesMax: number;
  /** What a process shows of itself. */
  certify(process: string): PeerCertificate | undefined;
  /** What one finds wrong with what another shows. */
  doubt(by: string, process: string): Doubt | undefined;
  ownerOf(address: string): string | undefined;
  acceptorAt(address: string): Acceptor | undefined;
  enter(end: MemoryEnd, place: { readonly process: string; readonly peer: string; readonly out: MemoryPipe }): void;
  leave(end: MemoryEnd): void;
}

/** `hold` is given the dialler's end as soon as there is one. */
export function dialInMemory(host: MemoryDialHost, options: DialOptions, hold: (end: MemoryEnd) => void): Promise<Dialled> {
  const dial = new MemoryDial(host, options);
  hold(dial.near);
  return dial.run();
}

class MemoryDial {
  readonly near: MemoryEnd;
  readonly #host: MemoryDialHost;
  readonly #options: DialOptions;
  readonly #to: string;
  readonly #far: MemoryEnd;
  readonly #out: MemoryPipe;
  readonly #back: MemoryPipe;
  readonly #result: Deferred<Dialled> = deferred();
  #isSettled = false;

  constructor(host: MemoryDialHost, options: DialOptions) {
    this.#host = host;
    this.#options = options;
    this.#to = host.ownerOf(options.address) ?? '';
    const { weather, from } = host;
    this.#out = new MemoryPipe(weather, { from, to: this.#to }, (packet) => this.#atFar(packet));
    this.#back = new MemoryPipe(weather, { from: this.#to, to: from }, (packet) => this.#atNear(packet));
    this.near = this.#end(options.address, { process: from, peer: this.#to }, this.#out);
    this.#far = this.#end(from, { process: this.#to, peer: from }, this.#back);
    this.near.pair(this.#far);
    this.#far.pair(this.near);
    host.enter(this.near, { process: from, peer: this.#to, out: this.#out });
  }

  run(): Promise<Dialled> {
    const { signal, timeoutMs, address } = this.#options;
    const { clock } = this.#host.weather.process(this.#host.from);
    const abort = (): void => this.#giveUp(new HeddleError('cancelled', { reason: signal?.reason }, { executed: 'no' }));
    if (signal?.aborted) abort();
    else if (hostOf(address).endsWith('.invalid')) clock.schedule(0, () => this.#fail('unresolved'));
    else this.#knock();
    signal?.addEventListener('abort', abort, { once: true });
    const cancelTimeout = clock.schedule(timeoutMs ?? dialTimeoutMs, () => this.#fail(this.#isAnswering ? 'stalled' : 'silent'));
    return this.#result.promise.finally(() => {
      cancelTimeout();
      signal?.removeEventListener('abort', abort);
    });
  }

  /** A closed port refuses within a round trip; an open one takes the greeting. */
  #knock(): void {
    const { weather, from } = this.#host;
    if (!this.#isAnswering) return;
    const afterRoundTrip = (task: () => void): void => {
      weather.process(from).clock.schedule(weather.delayMs(from, this.#to) * 2, task);
    };
    const acceptor = this.#host.acceptorAt(this.#options.address);
    const doubt = acceptor && !weather.isPaused(this.#to) ? this.#shakeHands(acceptor) : undefined;
    if (doubt) afterRoundTrip(() => this.#giveUp(new HeddleError('unauthenticated', { server: this.#options.address, ...doubt })));
    else if (acceptor) this.#out.send({ kind: 'hello', bytes: this.#options.hello });
    else afterRoundTrip(() => this.#fail('refused'));
  }

  /** What either end finds wrong with the other one's certificate; the dialler looks first. */
  #shakeHands(acceptor: Acceptor): Doubt | undefined {
    const { from } = this.#host;
    const ours = this.#host.doubt(from, this.#to);
    if (ours) return { ...ours, byUs: true };
    const theirs = this.#host.doubt(this.#to, from);
    if (theirs) acceptor.refused?.({ remoteAddress: from, ...theirs });
    return theirs;
  }

  /** Whether the host at the other end would answer a SYN. */
  get #isAnswering(): boolean {
    const { weather, from } = this.#host;
    return !weather.isCut(from, this.#to) && !weather.isCut(this.#to, from);
  }

  #end(remoteAddress: string, { process, peer }: { readonly process: string; readonly peer: string }, pipe: MemoryPipe): MemoryEnd {
    return new MemoryEnd({
      clock: this.#host.weather.process(process).clock,
      kind: this.#options.kind,
      remoteAddress,
      certificate: this.#host.certify(peer),
      valueBytesMax: this.#host.valueBytesMax,
      send: (packet) => pipe.send(packet),
      onEnd: (end) => this.#host.leave(end),
    });
  }

  #atFar(packet: Packet): void {
    if (packet.kind === 'hello') this.#accept(packet.bytes);
    else this.#far.receive(packet);
  }

  #accept(hello: Uint8Array): void {
    this.#host.enter(this.#far, { process: this.#to, peer: this.#host.from, out: this.#back });
    const acceptor = this.#host.acceptorAt(this.#options.address);
    if (!acceptor || this.#far.isClosed) return this.#far.fail('local', 'nothing listens here any more');
    try {
      const answer = acceptor.accept({ link: this.#far, hello });
      // Without a promise the answer leaves in this very turn, which keeps simulations free of microtasks.
      if (!(answer instanceof Promise)) return this.#answer(answer);
      answer.then(
        (later) => this.#answer(later),
        () => this.#far.fail('local', 'the greeting could not be answered'),
      );
    } catch {
      this.#far.fail('local', 'the greeting could not be answered');
    }
  }

  #answer(answer: Answer): void {
    if (this.#far.isClosed) return;
    this.#back.send({ kind: 'answer', isAccepted: answer.isAccepted, bytes: answer.ack });
    if (answer.isAccepted) this.#far.settle();
    else this.#far.end('local', 'the link was refused');
  }

  #atNear(packet: Packet): void {
    if (packet.kind === 'answer') return this.#answered(packet.isAccepted, packet.bytes);
    if (packet.kind === 'reset' && !this.#isSettled) return this.#fail('reset');
    this.near.receive(packet);
  }

  #answered(isAccepted: boolean, ack: Uint8Array): void {
    if (this.#isSettled || this.near.isClosed) return;
    this.#isSettled = true;
    if (isAccepted) this.near.settle();
    else this.near.end('remote', 'the peer refused the link');
    this.#result.resolve({ ack, isAccepted, link: this.near });
  }

  #fail(evidence: Evidence): void {
    this.#giveUp(new HeddleError('unreachable', { address: this.#options.address, evidence }));
  }

  #giveUp(error: HeddleError): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.near.fail('local', 'the dial was given up');
    this.#result.reject(error);
  }
}
