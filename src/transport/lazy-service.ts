/**
 * A gRPC service that a library implements, registered at once and loaded at its first request: most servers are never
 * asked, and a start should not pay for it.
 *
 * Z1 nothing of the library is loaded before a request for it arrives. Z2 a request that cannot be read is refused as
 *    INVALID_ARGUMENT. Z3 of a stream both ways the next request is read when the answers before it have left.
 */

import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Server,
  type ServerDuplexStream,
  status,
} from '@grpc/grpc-js';

/** One method of a library's service definition, as far as it is used here. */
interface Method {
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (value: unknown) => Buffer;
}

type Handler = (...exchange: readonly unknown[]) => void;

/** What a library gives to `Server.addService`. */
export interface LibraryService {
  readonly definition: Readonly<Record<string, unknown>>;
  readonly handlers: Readonly<Record<string, unknown>>;
}

/** How a method is called: its path, its key in the definition, and its key among the handlers. */
export interface LazyMethod {
  readonly path: string;
  readonly name: string;
  readonly handler: string;
}

export class LazyService {
  readonly #load: () => Promise<LibraryService>;
  #loading: Promise<LibraryService> | undefined;
  #loaded: LibraryService | undefined;

  constructor(load: () => Promise<LibraryService>) {
    this.#load = load;
  }

  unary(server: Server, method: LazyMethod): void {
    const handle: handleUnaryCall<unknown, unknown> = (call, send) => {
      this.#with(method, send, ({ codec, handler }) =>
        handler(Object.assign(call, { request: codec.requestDeserialize(bytesOf(call.request)) }), send),
      );
    };
    server.register(method.path, handle, (value) => this.#codecOf(method).responseSerialize(value), identity, 'unary');
  }

  serverStream(server: Server, method: LazyMethod): void {
    const handle: handleServerStreamingCall<unknown, unknown> = (call) => {
      const refuse = (error: object): boolean => call.emit('error', error);
      this.#with(method, refuse, ({ codec, handler }) =>
        handler(Object.assign(call, { request: codec.requestDeserialize(bytesOf(call.request)) })),
      );
    };
    server.register(method.path, handle, (value) => this.#codecOf(method).responseSerialize(value), identity, 'serverStream');
  }

  bidi(server: Server, method: LazyMethod): void {
    const handle: handleBidiStreamingCall<unknown, unknown> = (call) => {
      this.#with(
        method,
        (error) => call.emit('error', error),
        ({ handler }) => {
          handler(call);
          answerInTurn(call);
        },
      );
    };
    // Requests are read once the handler listens, so the library is there.
    const deserialize = (bytes: Buffer): unknown => this.#codecOf(method).requestDeserialize(bytes);
    server.register(method.path, handle, (value) => this.#codecOf(method).responseSerialize(value), deserialize, 'bidi');
  }

  #with(method: LazyMethod, refuse: (error: object) => void, use: (service: { codec: Method; handler: Handler }) => void): void {
    this.#loading ??= this.#load();
    this.#loading.then(
      (service) => {
        this.#loaded = service;
        try {
          // A library's handlers take what its own definition decodes.
          use({ codec: this.#codecOf(method), handler: service.handlers[method.handler] as Handler });
        } catch {
          refuse({ code: status.INVALID_ARGUMENT, details: `the request of ${method.path} cannot be read` });
        }
      },
      () => refuse({ code: status.UNAVAILABLE, details: `${method.path} cannot be served` }),
    );
  }

  #codecOf(method: LazyMethod): Method {
    // A definition holds its methods under their names.
    return this.#loaded?.definition[method.name] as Method;
  }
}

/** A client that asks and does not read is not asked for more. */
function answerInTurn(call: ServerDuplexStream<unknown, unknown>): void {
  call.on('data', () => {
    if (!call.writableNeedDrain) return;
    call.pause();
    call.once('drain', () => call.resume());
  });
}

function identity(message: unknown): Buffer {
  return bytesOf(message);
}

/** What arrives is left in bytes until the library can read it. */
function bytesOf(message: unknown): Buffer {
  return Buffer.isBuffer(message) ? message : Buffer.alloc(0);
}
