/**
 * The log of one server: a subscriber of its events, written by pino. Loaded when a log is wanted, and pino with it.
 *
 * G1 one line an event, at the level of log-table.ts; what the level leaves out is not listened to.
 * G2 a line says the server, its cluster, and call, attempt, run, step, trace and span where the event has them.
 * G3 of one kind `linesPerSecondMax` lines a second; how many more there were is a line of its own (`log.dropped`).
 * G4 lines are written before `emit` returns: those before a crash are there. A destination that fails is warned of once.
 */

import { type DestinationStream, pino } from 'pino';
import type { Clock } from '../base/clock.ts';
import { thrownText } from '../base/thrown.ts';
import { HeddleError } from '../errors.ts';
import type { FabricEvent } from './events.ts';
import { lineOf } from './log-line.ts';
import { LogRate } from './log-rate.ts';
import { isLoud, kindsAt, type LogLevel, levelOf } from './log-table.ts';
import { textOf } from './log-text.ts';
import type { Observer } from './observer.ts';

/** Where lines go and how. */
export interface LogChoice {
  readonly level: LogLevel;
  /** `stderr`, `stdout`, the path of a file that is added to, or a function that is given each line. */
  readonly destination: string | ((line: string) => void);
  /** `auto`: text where the destination is a terminal, else JSON. */
  readonly format: 'auto' | 'json' | 'text';
  readonly linesPerSecondMax: number;
}

export interface LogParts {
  readonly observer: Observer;
  readonly clock: Clock;
  readonly server: string;
  readonly cluster: string;
}

export interface Log {
  /** Says what is left to say, and closes the destination. */
  close(): void;
}

/** Begins to write. Throws `bad_settings` for a destination that cannot be opened. */
export function openLog(choice: LogChoice, { observer, clock, server, cluster }: LogParts): Log {
  const sink = openSink(choice);
  const logger = pino(
    {
      level: choice.level,
      base: { server, cluster },
      formatters: { level: (level) => ({ level }) },
      timestamp: () => `,"time":"${new Date(clock.wallMs()).toISOString()}"`,
    },
    sink.stream,
  );
  const rate = new LogRate(clock, choice.linesPerSecondMax, (kind, dropped) => {
    logger.warn({ event: 'log.dropped', of: kind, dropped }, `more than ${choice.linesPerSecondMax} a second: not written`);
  });
  const write = (event: FabricEvent): void => {
    const level = levelOf(event);
    if (!isLoud(level, choice.level) || !rate.takes(event.kind)) return;
    const { message, fields } = lineOf(event);
    logger[level](fields, message);
  };
  const leave = kindsAt(choice.level).map((kind) => observer.on(kind, write));
  return {
    close: () => {
      for (const stop of leave) stop();
      rate.close();
      sink.close();
    },
  };
}

interface Sink {
  readonly stream: DestinationStream;
  close(): void;
}

function openSink({ destination, format }: LogChoice): Sink {
  if (typeof destination === 'function') return { stream: { write: formatted(destination, format === 'text', false) }, close: () => {} };
  const standard = destination === 'stderr' ? process.stderr : destination === 'stdout' ? process.stdout : undefined;
  const isText = format === 'text' || (format === 'auto' && standard?.isTTY === true);
  const file = openFile(standard?.fd ?? destination);
  const hasColour = standard?.isTTY === true && !process.env['NO_COLOR'];
  const stream = isText ? { write: formatted((text) => file.write(text), true, hasColour) } : file;
  return { stream, close: () => (standard ? file.flushSync() : file.end()) };
}

function openFile(destination: number | string) {
  try {
    const file = pino.destination({ dest: destination, sync: true, append: true });
    let isWarned = false;
    file.on('error', (error: Error) => {
      if (isWarned) return;
      isWarned = true;
      process.emitWarning(`the log cannot be written: ${error.message}; this is said once`, { code: 'HEDDLE_LOG' });
    });
    return file;
  } catch (error) {
    const why = thrownText(error);
    throw new HeddleError(
      'bad_settings',
      { problems: [{ key: 'log.destination', message: `cannot be opened: ${why}` }] },
      { cause: error },
    );
  }
}

function formatted(take: (line: string) => void, isText: boolean, hasColour: boolean): (line: string) => void {
  return isText ? (line) => take(textOf(line, hasColour)) : take;
}
