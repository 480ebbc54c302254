/**
 * `heddle serve`: one server from modules, flags, environment and a settings file, until it is told to stop.
 *
 * S1 `HEDDLE_URL=host:port` goes to stdout, and the ready file appears complete, by rename, only after the socket
 *    listens. S2 the first Ctrl-C (or SIGTERM, or `heddle drain`) drains, the second stops; then the process ends by itself.
 * S3 what handlers log, and the stacks of those that throw, go to stderr: they never travel in a reply.
 * S4 with a log on stderr nothing else is written there while the server runs: the log says it, line by line.
 */

import { readFileSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { thrownText } from '../base/thrown.ts';
import { type Listening, type Server, startServer } from '../index.ts';
import { loadSettings } from '../settings/load.ts';
import type { Settings } from '../settings/schema.ts';
import { serverInput } from '../settings/server-options.ts';
import type { Flags } from '../settings/sources.ts';
import { certificateFiles } from './certificate-files.ts';
import { type ExitCode, exitCodes, UsageError } from './exit-code.ts';
import { aborted, type Interrupts, listenForInterrupts } from './interrupts.ts';
import { loadFunctions } from './modules.ts';
import { replaceFile } from './replace-file.ts';
import { report } from './serve-report.ts';
import type { ShareFlags } from './share.ts';
import type { Terminal } from './terminal.ts';

export interface ServeFlags extends ShareFlags {
  readonly settings?: string | undefined;
  readonly name?: string | undefined;
  readonly resource?: readonly string[] | undefined;
  readonly join?: readonly string[] | undefined;
  readonly port?: string | undefined;
  /** That of a token. */
  readonly cluster?: string | undefined;
  readonly cert?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly log?: string | undefined;
  readonly readyFile?: string | undefined;
}

export async function serve(terminal: Terminal, modules: readonly string[], flags: ServeFlags): Promise<ExitCode> {
  const interrupts = listenForInterrupts();
  try {
    const settings = readSettings(terminal, flags);
    const functions = await loadFunctions([...modulesOf(settings, flags), ...modules]);
    const { options, tuning } = serverInput(settings, (path) => locate(path, flags));
    const share = isSharing(flags) ? (await import('./share.ts')).openShare(terminal, options, flags) : undefined;
    const heard: Listening[] = [];
    const whole = { ...(share?.options ?? options), functions, onListening: (at: Listening) => heard.push(at) };
    const starting = startServer(whole, { ...tuning, share: share?.desk });
    const server = await Promise.race([starting, aborted(interrupts.second)]);
    if (!server) return exitCodes.interrupted;
    for (const at of heard) share?.tell(terminal, at);
    const speaking = besideLog(terminal, settings);
    await announceOrStop(speaking, server, { heard, flags, isSecure: whole.tls !== undefined });
    return await runUntilStopped(speaking, server, interrupts);
  } finally {
    interrupts.release();
    if (flags.readyFile !== undefined) rmSync(flags.readyFile, { force: true });
  }
}

/** S4. */
function besideLog(terminal: Terminal, { log }: Settings): Terminal {
  if (log.level === 'off' || log.destination !== 'stderr') return terminal;
  const { isInteractive, environment } = terminal;
  return { out: (text) => terminal.out(text), note: () => {}, isInteractive, environment };
}

/** Throws UsageError for a flag that only means something beside --share. */
function isSharing({ share, shareMinutes, shareUses }: ServeFlags): boolean {
  if (!share && (shareMinutes ?? shareUses) !== undefined) throw new UsageError('--share-minutes and --share-uses are for --share');
  return share ?? false;
}

/** Says where it listens once it has joined: one that may not (its name is taken) is nowhere to be found. */
async function announceOrStop(
  terminal: Terminal,
  server: Server,
  { heard, flags, isSecure }: { readonly heard: readonly Listening[]; readonly flags: ServeFlags; readonly isSecure: boolean },
): Promise<void> {
  try {
    for (const at of heard) announce(terminal, at, { flags, isSecure });
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function runUntilStopped(terminal: Terminal, server: Server, { first, second }: Interrupts): Promise<ExitCode> {
  const failed = new Promise<HeddleFailure>((settle) => server.on('server.failed', settle));
  report(terminal, server);
  const asked = new Promise<undefined>((settle) => server.on('server.draining', () => settle(undefined)));
  const failure = await Promise.race([failed, asked, aborted(first)]);
  if (failure) {
    terminal.note(`${failure.code}: ${failure.message}`);
    await server.stop();
    return failure.code === 'name_taken' ? exitCodes.noRoute : exitCodes.failed;
  }
  terminal.note('draining: what runs may finish; once more (Ctrl-C) stops at once');
  const drained = server.drain().then(() => exitCodes.done);
  const code = await Promise.race([drained, aborted(second).then(() => exitCodes.interrupted)]);
  await server.stop();
  terminal.note('stopped');
  return code;
}

interface HeddleFailure {
  readonly code: string;
  readonly message: string;
}

/** Settings of the file, the environment and the flags. Throws `bad_settings`. */
function readSettings({ environment }: Terminal, flags: ServeFlags): Settings {
  return loadSettings({
    file: flags.settings === undefined ? undefined : { text: readText(flags.settings), name: flags.settings },
    environment,
    flags: {
      'server.name': { flag: '--name', value: flags.name },
      'server.resources': { flag: '--resource', value: flags.resource },
      'server.join': { flag: '--join', value: flags.join },
      'server.port': { flag: '--port', value: flags.port },
      'server.host': { flag: '--host', value: flags.host },
      'cluster.name': { flag: 'the join token', value: flags.cluster },
      'server.insecure': { flag: '--insecure', value: flags.insecure },
      'log.level': { flag: '--log', value: flags.log },
      ...tlsFlags(flags),
    },
  });
}

/** Absolute already where they are flags; the settings' own paths are relative to their file. */
function locate(path: string, { settings }: ServeFlags): string {
  return settings === undefined ? path : resolve(dirname(settings), path);
}

function tlsFlags({ cert }: ServeFlags): Flags {
  if (cert === undefined) return {};
  const files = certificateFiles(cert);
  const given = (['cert', 'key', 'ca'] as const).map((part) => [`tls.${part}`, { flag: '--cert', value: resolve(files[part]) }] as const);
  return Object.fromEntries(given);
}

/** Modules of the settings, which are relative to their file. */
function modulesOf({ server }: Settings, flags: ServeFlags): readonly string[] {
  return server.modules.map((path) => locate(path, flags));
}

function announce(
  terminal: Terminal,
  { name, url, adminUrl, httpUrl, dashboardUrl }: Listening,
  { flags: { readyFile }, isSecure }: { readonly flags: ServeFlags; readonly isSecure: boolean },
): void {
  if (readyFile !== undefined) {
    try {
      replaceFile(readyFile, `${JSON.stringify({ name, url, pid: process.pid })}\n`);
    } catch (error) {
      throw new UsageError(`the ready file ${readyFile} cannot be written: ${thrownText(error)}`);
    }
  }
  if (dashboardUrl !== undefined) terminal.out(`HEDDLE_DASHBOARD_URL=${dashboardUrl}`);
  terminal.out(`HEDDLE_URL=${url}`);
  const admin = adminUrl === undefined ? '' : `, for admin tools on ${adminUrl}`;
  const http = httpUrl === undefined ? '' : `, for HTTP on ${isSecure ? 'https' : 'http'}://${httpUrl}`;
  terminal.note(`${name} listens on ${url}${admin}${http}`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`the settings file ${path} cannot be read: ${thrownText(error)}`);
  }
}
