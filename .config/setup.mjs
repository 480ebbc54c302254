/**
 * Makes a clone ready, then runs what stands after `--`. Node built-ins only, because nothing is installed yet.
 *
 * S1 installs (`npm ci --include=dev`, install scripts off) when the lock file or the Node version differs from
 *    the last time; S2 builds when a source file differs from the last build; S3 does nothing, at once, otherwise.
 * S4 two set-ups at once take turns. S5 exits as the command exits.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname ?? '.', '..');
const installStamp = join(root, 'node_modules', '.setup-stamp');
const buildStamp = join(root, 'dist', '.setup-stamp');
const turn = join(root, '.cache', 'setup-turn');
const turnWaitMs = 180_000;

main();

function main() {
  requireNode();
  const tasks = [installIfNeeded, buildIfNeeded];
  if (tasks.some((task) => task({ isAsking: true }))) {
    takeTurn();
    try {
      for (const task of tasks) task({ isAsking: false });
    } finally {
      rmSync(turn, { recursive: true, force: true });
    }
  }
  const [command, ...args] = process.argv.slice(process.argv.indexOf('--') + 1);
  if (process.argv.includes('--') && command) run(command, args);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  stop(`Heddle needs Node 20.19 or newer; this is ${process.version}.`);
}

/** Says whether an installation is missing; makes it unless only asked. */
function installIfNeeded({ isAsking }) {
  const wanted = hash(readFileSync(join(root, 'package-lock.json')), process.version, process.platform, process.arch);
  if (readIfThere(installStamp) === wanted) return false;
  if (isAsking) return true;
  say('installing packages (npm ci) ...');
  npm('ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error');
  writeFileSync(installStamp, wanted);
  return true;
}

/** Says whether the build is older than the sources; builds unless only asked. */
function buildIfNeeded({ isAsking }) {
  const sources = filesUnder(join(root, 'src'));
  const settings = ['tsconfig.json', 'package-lock.json', '.config/page.config.ts', '.config/bundle.config.ts'].map((file) => join(root, file));
  const wanted = hash(...[...sources, ...settings].map(fingerprint));
  if (readIfThere(buildStamp) === wanted) return false;
  if (isAsking) return true;
  say('building (tsc, vite) ...');
  build(join('typescript-7', 'bin', 'tsc'), '-p', root);
  dropOrphans(sources);
  // The dashboard's page, for browsers, and what the package gives to Node.
  for (const config of ['page.config.ts', 'bundle.config.ts'])
    build(join('vite', 'bin', 'vite.js'), 'build', '--config', join(root, '.config', config));
  const bin = join(root, 'dist', 'bundle', 'main.js');
  if (existsSync(bin)) chmodSync(bin, 0o755);
  writeFileSync(buildStamp, wanted);
  return true;
}

/** Runs one builder; what it says goes to stderr. */
function build(program, ...args) {
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', program), ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) stop('the build failed; see above.');
}

/** Removes files of tsc whose source is gone, not what vite empties as it builds; the rest stays in place for whoever runs from it just now. */
function dropOrphans(sources) {
  const kept = new Set(sources.map((file) => relative(join(root, 'src'), file).replace(/\.ts$/, '')));
  const dist = join(root, 'dist');
  const others = [join(dist, 'dashboard', 'page'), join(dist, 'bundle')];
  for (const file of filesUnder(dist)) {
    if (others.some((folder) => file.startsWith(folder))) continue;
    if (!kept.has(relative(dist, file).replace(/(\.d)?\.(ts|js)$/, ''))) rmSync(file);
  }
}

/** Waits for a set-up that runs in another process; one that died is passed over. */
function takeTurn() {
  mkdirSync(join(root, '.cache'), { recursive: true });
  for (const untilMs = Date.now() + turnWaitMs; Date.now() < untilMs; sleep(200)) {
    try {
      mkdirSync(turn);
      writeFileSync(join(turn, 'pid'), String(process.pid));
      return;
    } catch {
      if (!isHeld()) rmSync(turn, { recursive: true, force: true });
    }
  }
  stop(`another set-up holds ${relative(root, turn)} for ${turnWaitMs / 1000} s; remove it if none is running.`);
}

function isHeld() {
  const pid = Number(readIfThere(join(turn, 'pid')));
  // Between the holder's mkdir and its write of the pid there is nothing to read: give it a moment.
  if (!pid) return (statSync(turn, { throwIfNoEntry: false })?.mtimeMs ?? 0) > Date.now() - 5_000;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function npm(...args) {
  const cli = process.env.npm_execpath;
  const [file, first] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
  const { status } = spawnSync(file, [...first, ...args], { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' && file === 'npm' });
  if (status !== 0) stop(`npm ${args[0]} failed; see above. It needs npm and, the first time, a package registry.`);
}

function run(command, args) {
  const PATH = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const child = spawn(command === 'node' ? process.execPath : command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH } });
  process.on('SIGINT', () => {}); // the terminal sends it to the child as well; the child decides
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', (error) => stop(`${command} cannot be started: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function fingerprint(file) {
  const { size, mtimeMs } = statSync(file);
  return `${relative(root, file)} ${size} ${mtimeMs}\n`;
}

function hash(...parts) {
  return parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest('hex');
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function stop(text) {
  say(text);
  process.exit(1);
}
