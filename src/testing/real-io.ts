/**
 * Finds code of a simulated process that begins real input or output: a simulation could neither wait for it nor repeat it.
 *
 * Node tells of every asynchronous resource as it is made, in the context that makes it. Printing to the console is no
 * offence, and synchronous reads take no time.
 */

import { createHook } from 'node:async_hooks';
import { fileURLToPath } from 'node:url';
import { currentInhabitant } from './inhabitant.ts';
import { SharedUse } from './shared-use.ts';

/** Node's names of resources (node:async_hooks), and what a person calls them. */
const offences: Readonly<Record<string, string>> = {
  TCPWRAP: 'a TCP connection',
  TCPCONNECTWRAP: 'a TCP connection',
  TCPSERVERWRAP: 'a TCP server',
  PIPECONNECTWRAP: 'a connection to a socket file',
  TLSWRAP: 'a TLS connection',
  UDPWRAP: 'a UDP socket',
  UDPSENDWRAP: 'a UDP packet',
  GETADDRINFOREQWRAP: 'a name lookup',
  GETNAMEINFOREQWRAP: 'a name lookup',
  QUERYWRAP: 'a name lookup',
  HTTPCLIENTREQUEST: 'an HTTP request',
  FSREQCALLBACK: 'a file operation',
  FSREQPROMISE: 'a file operation',
  FILEHANDLE: 'a file operation',
  FSEVENTWRAP: 'a watched file',
  STATWATCHER: 'a watched file',
  PROCESSWRAP: 'a child process',
  WORKER: 'a worker thread',
  ZLIB: 'compression in another thread',
  PBKDF2REQUEST: 'cryptography in another thread',
  SCRYPTREQUEST: 'cryptography in another thread',
  RANDOMBYTESREQUEST: 'randomness of the operating system',
  RANDOMPRIMEREQUEST: 'cryptography in another thread',
  HASHREQUEST: 'cryptography in another thread',
  CIPHERREQUEST: 'cryptography in another thread',
  SIGNREQUEST: 'cryptography in another thread',
  KEYGENREQUEST: 'cryptography in another thread',
};

const hook = createHook({
  init(_id, type) {
    const what = offences[type];
    if (what !== undefined) currentInhabitant()?.offend(`${what}${place()}`);
  },
});
const use = new SharedUse({ begin: () => hook.enable(), end: () => hook.disable() });

/** Watches from now on; returns what ends it. */
export function watchRealIo(): () => void {
  return use.enter();
}

/** Node's own frames come first, often more than ten. */
const framesMax = 60;
/** Where Heddle's own modules lie, as sources and as built. */
const ownFolder = new URL('..', import.meta.url);

/** The line of the user's code that did it, where it is still on the stack. */
function place(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = framesMax;
  const frames = new Error('here').stack?.split('\n').slice(1) ?? [];
  Error.stackTraceLimit = limit;
  const frame = userFrameOf(frames, ownFolder);
  return frame === undefined ? '' : ` ${frame}`;
}

/** Of the frames of a stack the first that is neither Node's nor Heddle's; one of the user's own before one of a package. */
export function userFrameOf(frames: readonly string[], own: URL): string | undefined {
  const foreign = [own.href, fileURLToPath(own), 'node:', '<anonymous>'];
  const others = frames.filter((frame) => /[/\\]/.test(frame) && !foreign.some((one) => frame.includes(one)));
  return (others.find((frame) => !/[/\\]node_modules[/\\]/.test(frame)) ?? others[0])?.trim();
}
