/**
 * What the commands have in common: the flags that several take, their numbers, and what is said of a mistake in them.
 */

import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from './exit-code.ts';

/** The longest time that a flag takes, in milliseconds: what a timer can wait. */
export const timeoutMsMax = 2 ** 31 - 1;

/** What every command takes that asks a fabric. */
export function withFabric(command: Command): Command {
  return command
    .option('--url <url>', 'any server of the fabric; default: HEDDLE_URL, else 127.0.0.1:7420')
    .option('--cert <file>', 'your certificate, with its key and ca.pem beside it; default: HEDDLE_TLS_CA, _CERT and _KEY');
}

/** Shows one line that does something with the command, below its flags. */
export function withExample(command: Command, line: string): Command {
  return command.addHelpText('after', `\nExample:\n  ${line}`);
}

/** Reads a flag's number. */
export function wholeNumber(max: number, min = 1): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : -1;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Wanted: a whole number from ${min} to ${max}.`);
  };
}

/** A flag that takes several values also takes the module behind it: say so, rather than offer a resource of that name. */
export function refuseModules(command: string, flag: string, values: readonly string[] = []): void {
  const module = values.find((value) => /\.[cm]?[jt]s$/.test(value));
  if (module !== undefined)
    throw new UsageError(`"${module}" was taken as a value of ${flag}; put modules first: heddle ${command} ${module} ${flag} ...`);
}

/** The function of a command line. `--need` takes the name behind it for a resource: say so, rather than that there is none. */
export function named(command: string, name: string | undefined, need: readonly string[] = []): string {
  if (name !== undefined) return name;
  if (need.length < 2) throw new UsageError(`name a function: heddle ${command} FUN`);
  const [first, ...rest] = need;
  throw new UsageError(
    `--need took ${need.join(' and ')} for resources; put the function first: heddle ${command} ${rest.join(' ')} --need ${first}`,
  );
}
