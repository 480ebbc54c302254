/** Run by snippets.test.ts in a process of its own: imports the given files one after the other and tells what each printed. */

import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const printed: Record<string, string> = {};
for (const file of process.argv.slice(2)) {
  const lines: string[] = [];
  console.log = (...values: unknown[]) => void lines.push(`${format(...values)}\n`);
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    lines.push(`${format(error)}\n`);
  }
  printed[file] = lines.join('');
}
process.stdout.write(JSON.stringify(printed));
