import { expect, test } from 'vitest';
import { heddleSays } from './terminal.ts';

/** The names below "Commands:", without the help itself. */
function commandsIn(help: string): readonly string[] {
  const [, below = ''] = help.split('Commands:\n');
  return [...below.matchAll(/^ {2}([a-z]+)/gm)].flatMap(([, name = '']) => (name === 'help' ? [] : [name]));
}

/** Every command that does something, with what its --help says. */
async function everyCommand(path: readonly string[] = []): Promise<readonly (readonly [string, string])[]> {
  const { code, out } = await heddleSays(...path, '--help');
  expect(code).toBe(0);
  const below = await Promise.all(commandsIn(out).map((name) => everyCommand([...path, name])));
  return below.length === 0 ? [[path.join(' '), out]] : below.flat();
}

/** Each option on one line, without the line breaks of a narrow terminal. */
function optionsIn(help: string): readonly string[] {
  const [, below = ''] = help.split('Options:\n');
  const [options = ''] = below.split('\nExample:');
  return options
    .replaceAll(/\n {4,}/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('--'));
}

test('the help of every command shows one line that does something, with flags that there are', async () => {
  const commands = await everyCommand();
  expect(commands.map(([name]) => name)).toEqual(
    expect.arrayContaining(['call', 'drain', 'why', 'top', 'serve', 'ca issue', 'token keys']),
  );
  for (const [name, help] of commands) {
    const [, example = ''] = help.split('\nExample:\n');
    expect(example, name).toMatch(new RegExp(`^  heddle ${name}( |$)`));
    const flags = optionsIn(help).map((option) => option.split(' ')[0]);
    for (const [flag] of example.matchAll(/--[a-z-]+/g)) expect(flags, name).toContain(flag);
  }
});

test('the help of every command says the default of each flag that takes a value, and the unit of each time', async () => {
  for (const [name, help] of await everyCommand()) {
    const options = optionsIn(help);
    expect(options.length, name).toBeGreaterThan(0);
    for (const option of options.filter((one) => / <[^>]+>/.test(one))) {
      expect(option, name).toMatch(/default: \S/);
      if (/^--[a-z-]+-ms /.test(option)) expect(option, name).toContain('in milliseconds');
    }
  }
});
