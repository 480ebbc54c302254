/**
 * One stream of server-sent events to one browser.
 *
 * E1 what a browser does not read is kept up to `backlogMax` messages; then its stream ends, and it opens another one.
 * E2 what writes to it is stopped once, when the stream has ended, whoever ended it.
 */

/** A minute of a feed that nobody reads. */
const backlogMax = 256;

export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #told: (stream: EventStream) => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #stop: (() => void) | undefined;
  readonly #encoder = new TextEncoder();

  constructor(closed: (stream: EventStream) => void) {
    this.#told = closed;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: () => this.#ended(),
      },
      { highWaterMark: backlogMax },
    );
  }

  get hasEnded(): boolean {
    return this.#controller === undefined;
  }

  /** Starts what writes to it; that is stopped when the stream ends, be it at once. */
  begin(start: () => () => void): void {
    this.#stop = start();
    if (this.hasEnded) this.#stop();
  }

  /** A message of the usual kind. */
  send(message: object): void {
    this.#write(`data: ${JSON.stringify(message)}\n\n`);
  }

  /** A last word under a name of its own. */
  end(event: string, text: string): void {
    const lines = text.split('\n').map((line) => `data: ${line}\n`);
    this.#write(`event: ${event}\n${lines.join('')}\n`);
    this.close();
  }

  close(): void {
    const controller = this.#controller;
    this.#ended();
    controller?.close();
  }

  #write(text: string): void {
    const controller = this.#controller;
    if (!controller) return;
    if ((controller.desiredSize ?? 0) <= 0) return this.close();
    controller.enqueue(this.#encoder.encode(text));
  }

  #ended(): void {
    if (!this.#controller) return;
    this.#controller = undefined;
    this.#told(this);
    this.#stop?.();
  }
}
