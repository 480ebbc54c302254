/**
 * A TCP proxy that harms connections the way networks do, for processes that know nothing of it.
 *
 * P1 every dialler can be treated in its own way; who dials is told by the caller (socket-owner.ts).
 * P2 what a fault holds back is not lost: as TCP does, it is passed on in order once the fault is over.
 * P3 a side that hears nothing hears no end either: its connection stays open until the fault is over.
 */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';

/** What happens to the connections of a dialler, those that are open and those to come. */
export type LinkFault =
  | { readonly kind: 'none' }
  /** Everything comes later by this much, both ways. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** What is open is reset, and so is what comes. */
  | { readonly kind: 'cut' }
  /** One way nothing arrives; the other way works. */
  | { readonly kind: 'oneWay'; readonly silent: 'towardsTarget' | 'fromTarget' }
  /** The target's end is gone without a word; the dialler's stays open. */
  | { readonly kind: 'halfOpen' }
  /** Connections are accepted, and nothing ever passes. */
  | { readonly kind: 'blackHole' };

export interface FaultProxyOptions {
  /** `host:port`; somebody has to listen there only once somebody dials. */
  readonly target: string;
  /** The dialler at the other end of an accepted socket, asked again while it is not known; absent: all are alike. */
  readonly dialler?: (socket: Socket) => string | undefined;
}

const none: LinkFault = { kind: 'none' };
/** One way of one connection holds this much; then it is not read, as a full socket is not. */
const heldBytesMax = 1024 * 1024;

export class FaultProxy implements AsyncDisposable {
  readonly #options: FaultProxyOptions;
  readonly #server: Server;
  readonly #passages = new Set<Passage>();
  readonly #faults = new Map<string, LinkFault>();
  #fault = none;
  #connections = 0;

  private constructor(options: FaultProxyOptions) {
    this.#options = options;
    this.#server = createServer((near) => this.#accept(near));
  }

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** `host:port` to dial instead of the target. */
  get url(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // a TCP listener's address is one
  }

  /** Connections that came in so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Connections of which one end is still open. */
  get open(): number {
    return this.#passages.size;
  }

  /** Harms the connections of one dialler, or of everybody that has no fault of its own. */
  set(fault: LinkFault, dialler?: string): void {
    if (dialler === undefined) this.#fault = fault;
    else this.#faults.set(dialler, fault);
    for (const passage of this.#passages) passage.apply(this.#faultOf(passage.findDialler()));
  }

  /** Ends every fault. */
  heal(): void {
    this.#faults.clear();
    this.set(none);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const passage of this.#passages) passage.reset();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #faultOf(dialler: string | undefined): LinkFault {
    return (dialler === undefined ? undefined : this.#faults.get(dialler)) ?? this.#fault;
  }

  #accept(near: Socket): void {
    this.#connections += 1;
    const passage = new Passage({ ...this.#options, near }, () => this.#passages.delete(passage));
    this.#passages.add(passage);
    passage.apply(this.#faultOf(passage.findDialler()));
  }
}

interface PassageOptions extends FaultProxyOptions {
  readonly near: Socket;
}

/** One connection through the proxy: the dialler's end, and ours to the target, dialled once anything may pass. */
class Passage {
  readonly #options: PassageOptions;
  readonly #near: Socket;
  readonly #far = new Socket();
  readonly #inward: Lane;
  readonly #outward: Lane;
  #farState: 'undialled' | 'dialled' | 'gone' = 'undialled';

  #dialler: string | undefined;

  constructor(options: PassageOptions, onGone: () => void) {
    const { near } = options;
    this.#options = options;
    this.#near = near;
    for (const end of [near, this.#far]) {
      end.setNoDelay(true);
      end.on('error', () => {}); // its close follows
      end.on('close', () => {
        if (this.#near.destroyed && this.#farState === 'undialled') this.#far.destroy();
        if (this.#near.destroyed && this.#far.destroyed) onGone();
      });
    }
    this.#inward = new Lane(near, this.#far);
    this.#outward = new Lane(this.#far, near);
  }

  findDialler(): string | undefined {
    this.#dialler ??= this.#options.dialler?.(this.#near);
    return this.#dialler;
  }

  apply(fault: LinkFault): void {
    if (fault.kind === 'cut' || (fault.kind === 'none' && this.#farState === 'gone')) return this.reset();
    if (fault.kind === 'halfOpen') this.#loseTarget();
    const isSilent = fault.kind === 'blackHole' || this.#farState === 'gone';
    if (!isSilent && this.#farState === 'undialled') this.#dialTarget();
    const delayMs = fault.kind === 'delay' ? fault.ms : 0;
    const isOneWay = fault.kind === 'oneWay';
    this.#inward.set({ isSilent: isSilent || (isOneWay && fault.silent === 'towardsTarget'), delayMs });
    this.#outward.set({ isSilent: isSilent || (isOneWay && fault.silent === 'fromTarget'), delayMs });
  }

  reset(): void {
    this.#near.resetAndDestroy();
    if (this.#farState === 'dialled') this.#far.resetAndDestroy();
  }

  #dialTarget(): void {
    this.#farState = 'dialled';
    const [host = '', port = ''] = this.#options.target.split(':');
    this.#far.connect({ host, port: Number(port) });
  }

  #loseTarget(): void {
    this.#outward.set({ isSilent: true, delayMs: 0 });
    if (this.#farState === 'dialled') this.#far.resetAndDestroy();
    else this.#far.destroy();
    this.#farState = 'gone';
  }
}

/** What passes one way, and the end of the connection with it. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #late: { readonly chunk: Buffer; readonly dueMs: number }[] = [];
  #lateBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #isSilent = true;
  #delayMs = 0;
  #isOver = false;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on('data', (chunk) => this.#take(chunk));
    from.on('close', () => {
      this.#isOver = true;
      this.#pass();
    });
    to.on('drain', () => this.#pass());
    to.on('close', () => clearTimeout(this.#timer));
  }

  set({ isSilent, delayMs }: { readonly isSilent: boolean; readonly delayMs: number }): void {
    this.#isSilent = isSilent;
    this.#delayMs = delayMs;
    this.#pass();
  }

  #take(chunk: Buffer): void {
    this.#late.push({ chunk, dueMs: performance.now() + this.#delayMs });
    this.#lateBytes += chunk.length;
    this.#pass();
  }

  /** Passes on what is due, in order, and reads no more than it may hold. */
  #pass(): void {
    clearTimeout(this.#timer);
    if (!this.#isSilent && !this.#to.destroyed) this.#writeDue();
    if (this.#lateBytes > heldBytesMax || this.#to.writableNeedDrain) this.#from.pause();
    else this.#from.resume();
    // The end travels behind the last byte, unless nothing travels.
    if (this.#isOver && !this.#isSilent && this.#late.length === 0) this.#end();
  }

  #writeDue(): void {
    for (let [first] = this.#late; first; [first] = this.#late) {
      const waitMs = first.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pass(), waitMs);
        return;
      }
      this.#late.shift();
      this.#lateBytes -= first.chunk.length;
      this.#to.write(first.chunk);
    }
  }

  #end(): void {
    if (this.#from.errored) this.#to.resetAndDestroy();
    else this.#to.destroySoon();
  }
}
