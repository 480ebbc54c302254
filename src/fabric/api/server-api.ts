/**
 * A server and its options, as types. server-options.ts checks the options, server.ts keeps what is promised here.
 */

import type { FabricEvent } from '../../observe/events.ts';
import type { Caller } from './caller-api.ts';
import type { Functions } from './function-api.ts';
import type { Permission, TokenTrust } from './identity-api.ts';
import type { ServerTls } from './tls-api.ts';

/** What `startServer` takes; every option may be left out. */
export interface ServerOptions {
  /** Unique in its fabric; default `<hostname>-<6 random>`. */
  readonly name?: string | undefined;
  /** Tags that every offer of this server carries. */
  readonly resources?: readonly string[] | undefined;
  /** What it offers from the start, as one record or a module's namespace; `offer` adds to them. Default: nothing. */
  readonly functions?: Functions | undefined;
  /** Only servers of one cluster join one another; default `default`. */
  readonly cluster?: string | undefined;
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string | undefined;
  /** `host:port` or host by which others reach this server; default: the address it listens on. */
  readonly advertise?: string | undefined;
  /** What functions share that say `uses`, as in `{ gpu: 1 }`: calls that need more than there is wait, or go elsewhere. */
  readonly slots?: Readonly<Record<string, number>> | undefined;
  /** Addresses of servers that may be up already. */
  readonly join?: readonly string[] | undefined;
  /** Default `auto`: any free one. */
  readonly port?: number | 'auto' | { readonly from: number; readonly to: number } | undefined;
  /**
   * Also listens for an operator's gRPC tools: channelz (what connections and streams there are, with their counts), health and
   * reflection. It tells of the whole process and asks nobody who they are: `host` is 127.0.0.1 unless said. Default: nowhere.
   */
  readonly admin?:
    | { readonly port?: number | 'auto' | { readonly from: number; readonly to: number } | undefined; readonly host?: string | undefined }
    | undefined;
  /**
   * Also listens for HTTP: `/metrics` (Prometheus), `/healthz` and `/readyz`. With `tls` it speaks
   * TLS, and `/metrics` wants a certificate as everything else does; without, it asks nobody who they are: `host` is 127.0.0.1 unless
   * said. Default: nowhere, and nothing is counted.
   */
  readonly http?:
    | { readonly port?: number | 'auto' | { readonly from: number; readonly to: number } | undefined; readonly host?: string | undefined }
    | undefined;
  /**
   * Everything this server says and hears is encrypted, and both ends show certificates; the name in `cert` is the server's. Default:
   * everything is in the clear, and the server listens on this machine only.
   */
  readonly tls?: ServerTls | undefined;
  /** Believes tokens of clients that are signed with one of these keys; needs `permissions`. Default: none. */
  readonly tokens?: TokenTrust | undefined;
  /**
   * Who may do what: each rule lets all of `who` do all of `may` with each of `names` (`*` stands for any characters), and what no rule
   * allows is not allowed. Default: no rules, and everybody who is let in may do everything.
   */
  readonly permissions?: readonly Permission[] | undefined;
  /** Allows `host` to be open to the network without TLS: whoever reaches it may then call, and join. */
  readonly insecure?: boolean | undefined;
  /**
   * Also serves the dashboard, a page for a browser that shows the fabric and can start calls and runs in this server's name. `true`: at
   * any free port of 127.0.0.1. On another `host` a `token` of at least 16 characters is demanded, and asked of whoever opens the page.
   * Default: none.
   */
  readonly dashboard?:
    | boolean
    | {
        readonly port?: number | 'auto' | { readonly from: number; readonly to: number } | undefined;
        readonly host?: string | undefined;
        readonly token?: string | undefined;
      }
    | undefined;
  /**
   * Writes what happens at this server, one line an event: a level, or where and how as well. Lower levels say more; `debug` has a line
   * for every call. `destination` is `stderr` (default), `stdout`, the path of a file that is added to, or a function that is given each
   * line. `format` is JSON unless the destination is a terminal. Default: nothing is written, and nothing of it is loaded.
   */
  readonly log?:
    | 'error'
    | 'warn'
    | 'info'
    | 'debug'
    | {
        /** Default `info`. */
        readonly level?: 'error' | 'warn' | 'info' | 'debug' | undefined;
        readonly destination?: string | ((line: string) => void) | undefined;
        readonly format?: 'auto' | 'json' | 'text' | undefined;
        /** Of one kind of event; default 100. What is left out is counted, and the count written. Higher: more of a burst is told. */
        readonly linesPerSecondMax?: number | undefined;
      }
    | undefined;
  /** Called once, after the socket listens. What it throws ends the start; an async one is not waited for, but ends it too if it fails meanwhile. */
  readonly onListening?: ((at: Listening) => void) | undefined;
}

/** Where a server listens, as `onListening` and the event `server.listening` tell it. */
export interface Listening {
  /** The server's name. */
  readonly name: string;
  /** `host:port` under which others reach it. */
  readonly url: string;
  /** The port that was bound. */
  readonly port: number;
  /** `host:port` of the admin listener, when one was asked for. */
  readonly adminUrl?: string;
  /** `host:port` of the HTTP listener, likewise. */
  readonly httpUrl?: string;
  /** For a browser: `http://host:port/` of the dashboard, likewise; `https:` with `tls`. */
  readonly dashboardUrl?: string;
}

/** A server that runs: what it offers others may call, and it calls as a client does. */
export interface Server extends Caller {
  /** Unique in its fabric. */
  readonly name: string;
  /** `host:port` under which others reach it. */
  readonly url: string;
  /** Adds functions while running; resolves when the catalog has them. */
  offer(functions: Functions): Promise<void>;
  /**
   * Takes functions back, by name, in all their versions; calls that run go on. Throws `bad_argument` for a name that it does not
   * offer, and then it takes none back.
   */
  withdraw(...names: readonly string[]): Promise<void>;
  /**
   * Uses other certificates from now on; without any, reads their files again now. Links that are open stay. Throws
   * `bad_settings`, and then nothing has changed.
   */
  reloadTls(tls?: ServerTls): Promise<void>;
  /** Uses other rules from now on, also for those who are connected. Throws `bad_settings`, and then nothing has changed. */
  reloadPermissions(permissions: readonly Permission[]): Promise<void>;
  /** Listens to one kind of event; returns its own removal. */
  on<K extends FabricEvent['kind']>(kind: K, listener: (event: Extract<FabricEvent, { readonly kind: K }>) => void): () => void;
  /** Takes no new work and finishes what runs; resolves when it has, or when the grace time is over and the rest was ended. */
  drain(): Promise<void>;
  /** Leaves, closes, and leaves no timer or socket behind. */
  stop(): Promise<void>;
  /** Drain, then stop. */
  [Symbol.asyncDispose](): Promise<void>;
}
