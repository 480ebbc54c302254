/** One function, to see which server answers. */

import { defineFunction } from 'heddle';

const whoami = defineFunction({ name: 'whoami', effect: 'pure', handler: (ctx) => ({ server: ctx.server, pid: process.pid }) });

export const functions = { whoami };
