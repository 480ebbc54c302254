/**
 * The catalog as a sequence of news: first everything, then what changed, to as many watchers as there are, each at
 * its own pace. Foreign clients (`Fabric.Watch`) and direct clients keep a picture of the fabric by it.
 *
 * D1 whoever applies all news in order, `gone` before `servers`, knows what this server knows whenever `isWhole` is true.
 * D2 a slow watcher costs no more than the names of the servers that are there and of those it was told of: what
 *    changes again before it looks is told once, as it is then.
 * D3 a change that shows in no record (a round trip, a link) is no news.
 * D4 when the feed ends (`end`), each watcher is told why, once, and nothing more.
 * When to look, and how much to send, is the watcher's driver's business.
 */

import type { CatalogNews, CatalogServer } from '../../core/catalog/news.ts';
import type { CatalogBody } from '../../core/catalog/offer.ts';
import type { MemberView } from '../../core/gossip/view.ts';
import type { HeddleError } from '../../errors.ts';

/** Whether a watcher may know of a function. */
export type Shows = (name: string) => boolean;

export interface WatcherHandlers {
  /** There is something to take, after there was nothing. */
  readonly onNews: () => void;
  /** The watcher is closed: there will be no more. */
  readonly onEnd: (error: HeddleError) => void;
}

/** One news tells no further server once it has about this many bytes; a server's own catalog has at most 256 KiB. */
const newsBytesMax = 256 * 1024;

interface Known {
  view?: MemberView;
  body: CatalogBody;
}

const noFunctions: CatalogBody = { functions: [] };

export class CatalogFeed {
  readonly #servers = new Map<string, Known>();
  readonly #watchers = new Set<CatalogWatcher>();

  /** How many watch. */
  get watchers(): number {
    return this.#watchers.size;
  }

  memberChanged(view: MemberView): void {
    const known = this.#servers.get(view.instance) ?? { body: noFunctions };
    const before = known.view;
    known.view = view;
    this.#servers.set(view.instance, known);
    if (!before || !looksSame(before, view)) this.#tell(view.instance);
  }

  /** The functions of an instance are known, or different; its view may come later. */
  offersChanged(instance: string, body: CatalogBody): void {
    const known = this.#servers.get(instance) ?? { body };
    known.body = body;
    this.#servers.set(instance, known);
    this.#tell(instance);
  }

  memberGone(instance: string): void {
    if (this.#servers.delete(instance)) this.#tell(instance);
  }

  /** Starts with everything; `shows`: of which functions it is told. */
  watch(handlers: WatcherHandlers, shows: Shows = () => true): CatalogWatcher {
    const close = (): void => void this.#watchers.delete(watcher);
    const watcher: CatalogWatcher = new CatalogWatcher(this.#servers, { ...handlers, shows }, close);
    this.#watchers.add(watcher);
    return watcher;
  }

  /** Ends every watch; further ones may begin. */
  end(error: HeddleError): void {
    for (const watcher of [...this.#watchers]) watcher.end(error);
  }

  #tell(instance: string): void {
    for (const watcher of this.#watchers) watcher.note(instance);
  }
}

/** One watcher's place in the feed. */
export class CatalogWatcher {
  readonly #servers: ReadonlyMap<string, Known>;
  readonly #handlers: WatcherHandlers & { readonly shows: Shows };
  readonly #onClosed: () => void;
  /** What it was told of each instance last. */
  readonly #told = new Map<string, CatalogBody>();
  readonly #untold: Set<string>;
  #hasBegun = false;

  constructor(servers: ReadonlyMap<string, Known>, handlers: WatcherHandlers & { readonly shows: Shows }, onClosed: () => void) {
    this.#servers = servers;
    this.#handlers = handlers;
    this.#onClosed = onClosed;
    this.#untold = new Set(servers.keys());
  }

  /** The next news; undefined when there is none. The first is there at once, also when nothing is known. */
  take(): CatalogNews | undefined {
    const gone: string[] = [];
    const servers: CatalogServer[] = [];
    let bytes = 0;
    for (const instance of this.#untold) {
      if (bytes >= newsBytesMax) break;
      this.#untold.delete(instance);
      const record = this.#recordOf(instance);
      if (record) servers.push(record);
      else if (this.#told.delete(instance)) gone.push(instance);
      bytes += record ? bytesOf(record) : instance.length;
    }
    if (this.#hasBegun && servers.length === 0 && gone.length === 0) return undefined;
    this.#hasBegun = true;
    return { gone, servers, isWhole: this.#untold.size === 0 };
  }

  /** An instance is different; called by the feed. */
  note(instance: string): void {
    const hadNone = this.#untold.size === 0;
    // What it never heard of need not be taken back.
    if (!this.#servers.has(instance) && !this.#told.has(instance)) this.#untold.delete(instance);
    else this.#untold.add(instance);
    if (hadNone && this.#untold.size > 0) this.#handlers.onNews();
  }

  close(): void {
    this.#onClosed();
  }

  /** Closes it and says why; called by the feed. */
  end(error: HeddleError): void {
    this.close();
    this.#handlers.onEnd(error);
  }

  #recordOf(instance: string): CatalogServer | undefined {
    const known = this.#servers.get(instance);
    if (!known?.view) return undefined;
    const { view, body } = known;
    const { name, url, status, epoch, resources } = view;
    const isTold = this.#told.get(instance) === body;
    this.#told.set(instance, body);
    return { name, instance, url, status, epoch, resources, ...(isTold ? {} : { offers: this.#shown(body) }) };
  }

  #shown(body: CatalogBody): CatalogBody {
    const functions = body.functions.filter(({ name }) => this.#handlers.shows(name));
    return functions.length === body.functions.length ? body : { functions };
  }
}

function looksSame(a: MemberView, b: MemberView): boolean {
  const isSame = a.name === b.name && a.url === b.url && a.status === b.status && a.epoch === b.epoch;
  return isSame && a.resources.length === b.resources.length && a.resources.every((resource, at) => resource === b.resources[at]);
}

/** About, as text. */
function bytesOf({ offers = noFunctions }: CatalogServer): number {
  return offers.functions.reduce(
    (sum, { name, resources, inputSchema = '', outputSchema = '' }) =>
      sum + 100 + name.length + 40 * resources.length + inputSchema.length + outputSchema.length,
    300,
  );
}
