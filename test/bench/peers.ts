/**
 * Installs the other projects' packages, once. Without them their contestants are skipped.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** True when they are there. */
export function installPeers(): boolean {
  const folder = fileURLToPath(new URL('peers/', import.meta.url));
  if (existsSync(`${folder}node_modules`)) return true;
  process.stderr.write('installing what Heddle is measured beside (npm ci in test/bench/peers)\n');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  return spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 2, 2] }).status === 0;
}
