/**
 * What the page asks of the server that it came from, and how it follows its streams. The browser sends the cookie of the
 * session along; a stream that breaks is opened again by the browser itself.
 */

import type { CallAnswer, FeedMessage, RunMessage } from '../feed.ts';
import { later } from './browser.ts';
import { connection, take } from './store.ts';

/** A refusal of the server, in its words. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** How long until a stream that the browser gave up is opened again, in milliseconds. */
const reopenMs = 1_000;

/** Opens the feed, and opens it again for as long as the page is there. */
export function openFeed(): void {
  const source = new EventSource('api/feed');
  source.addEventListener('message', ({ data }) => {
    connection.value = 'live';
    take(JSON.parse(String(data)) as FeedMessage); // the server's own word, of the same version as the page
  });
  source.addEventListener('error', () => {
    if (connection.value !== 'locked') connection.value = 'lost';
    if (source.readyState !== EventSource.CLOSED) return;
    void isLocked().then((locked) => {
      if (locked) connection.value = 'locked';
      else later(reopenMs, openFeed);
    });
  });
}

/** Follows one run; gives what ends that. */
export function followRun(runId: string, hear: (message: RunMessage) => void, fail: (message: string) => void): () => void {
  const source = new EventSource(`api/runs/${encodeURIComponent(runId)}/feed`);
  source.addEventListener('message', ({ data }) => hear(JSON.parse(String(data)) as RunMessage)); // as above
  source.addEventListener('refused', ({ data }) => {
    fail(String(data));
    source.close();
  });
  source.addEventListener('over', () => source.close());
  return () => source.close();
}

/** Opens the session with the token; true when it was the right one. */
export async function unlock(token: string): Promise<boolean> {
  const response = await fetch('api/session', posted({ token }));
  if (response.status === 429) throw new Refusal('Too many wrong tokens: try again in a minute.');
  if (response.ok) openFeed();
  return response.ok;
}

export interface CallRequest {
  readonly function: string;
  readonly version?: string | undefined;
  /** JSON. */
  readonly args: string;
  readonly need?: readonly string[] | undefined;
  readonly timeoutMs?: number | undefined;
}

export function call(request: CallRequest): Promise<CallAnswer> {
  return ask('api/call', request);
}

/** Submits a workflow (JSON); gives the id of its run. */
export async function submit(workflow: string, input: string): Promise<string> {
  const { runId } = await ask<{ readonly runId: string }>('api/runs', { workflow, input });
  return runId;
}

export async function cancelRun(runId: string): Promise<void> {
  await ask(`api/runs/${encodeURIComponent(runId)}/cancel`, {});
}

/** Where a call of a function, or each step of a workflow, would go now, and why. */
export interface Explanation {
  readonly steps: readonly {
    readonly name: string;
    readonly server?: string;
    readonly reasons: readonly string[];
    readonly candidates?: readonly unknown[];
  }[];
}

export function explain(what: {
  readonly function?: string;
  readonly need?: readonly string[];
  readonly workflow?: string;
}): Promise<Explanation> {
  return ask('api/explain', what);
}

export interface FunctionDetail {
  readonly inputSchema?: unknown;
  readonly outputSchema?: unknown;
}

/** The schemas of a function, where its offers have any. */
export async function describe(name: string, version: string): Promise<FunctionDetail> {
  return read(await fetch(`api/functions/${encodeURIComponent(name)}/${encodeURIComponent(version)}`));
}

async function ask<T>(path: string, body: object): Promise<T> {
  return read(await fetch(path, posted(body)));
}

async function read<T>(response: Response): Promise<T> {
  if (response.status === 401) connection.value = 'locked';
  const answer: unknown = await response.json();
  if (response.ok) return answer as T; // the server's own word, of the same version as the page
  throw new Refusal(messageOf(answer) ?? `the server answered ${response.status}`);
}

function messageOf(answer: unknown): string | undefined {
  return typeof answer === 'object' && answer !== null && 'message' in answer ? String(answer.message) : undefined;
}

function posted(body: object): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function isLocked(): Promise<boolean> {
  try {
    return (await fetch('api/session')).status === 401;
  } catch {
    return false;
  }
}
