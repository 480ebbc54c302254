#!/usr/bin/env node
/**
 * The command line's entry. It ends the process itself: a module of the user may have left timers or sockets behind.
 */

import { readFileSync } from 'node:fs';
import { runProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

// Of src/cli and of dist/cli alike, the manifest is two folders up; every package.json has a version.
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };

void runProgram(process.argv.slice(2), processTerminal(), version).then((code) => process.exit(code));
