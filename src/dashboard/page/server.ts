/**
 * What the page asks of the server that it came from, and what it hears from its streams (stream.ts). The browser sends the cookie
 * of the session along.
 */

import type { CallAnswer, FeedMessage, RunMessage } from '../feed.ts';
import { whileSeen } from './browser.ts';
import { connection, take } from './store.ts';
import { openStream } from './stream.ts';

/** A refusal of the server, in its words. */
class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** Follows the fabric for as long as the page is there. */
export function openFeed(): void {
  whileSeen(() =>
    openStream('api/feed', {
      message: (data) => {
        connection.value = 'live';
        take(JSON.parse(data) as FeedMessage); // the server's own word, of the same version as the page
      },
      broken: () => {
        if (connection.value !== 'locked') connection.value = 'lost';
      },
    }),
  );
}

/** Follows one run; gives what ends that. */
export function followRun(runId: string, hear: (message: RunMessage) => void, fail: (message: string) => void): () => void {
  return whileSeen(() =>
    openStream(`api/runs/${encodeURIComponent(runId)}/feed`, {
      message: (data) => hear(JSON.parse(data) as RunMessage), // as above
      refused: fail,
    }),
  );
}

/** Opens the session with the token; true when it was the right one. */
export async function unlock(token: string): Promise<boolean> {
  const response = await fetch('api/session', posted({ token }));
  if (response.status === 429) throw new Refusal('Too many wrong tokens: try again in a minute.');
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
