/**
 * Which process holds the other end of a local connection, asked of Linux: a proxy in between can then harm the
 * connections of one process and leave those of another alone, and neither has to say who it is.
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';

/** True where the question can be answered. */
export const canTellOwners = process.platform === 'linux';

/** The one of these processes that has dialled this socket's other end; undefined when none has, or it has hung up. */
export function findOwner(socket: Socket, pids: Iterable<number>): number | undefined {
  const { remotePort, localPort } = socket;
  if (remotePort === undefined || localPort === undefined) return undefined;
  const inode = findInode(remotePort, localPort);
  if (inode === undefined) return undefined;
  for (const pid of pids) if (holds(pid, `socket:[${inode}]`)) return pid;
  return undefined;
}

/** The inode of the socket whose own port and peer's port these are. */
function findInode(ownPort: number, peerPort: number): string | undefined {
  for (const line of readFileSync('/proc/self/net/tcp', 'utf8').split('\n')) {
    const [, own, peer, , , , , , , inode] = line.trim().split(/\s+/);
    if (own?.endsWith(`:${hex(ownPort)}`) && peer?.endsWith(`:${hex(peerPort)}`) && inode !== '0') return inode;
  }
  return undefined;
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

function holds(pid: number, what: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === what);
  } catch {
    return false; // the process has ended
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // closed in between
  }
}
