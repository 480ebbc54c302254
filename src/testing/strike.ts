/**
 * What each fault does to a stage, and what undoes it.
 */

import { unreachable } from '../base/assert.ts';
import type { Fault, Stage } from './faults.ts';

type Undo = () => void;

const nothing: Undo = () => {};

/** Lets the fault happen now. */
export function strike(fault: Fault, stage: Stage): Undo {
  const { weather } = stage;
  switch (fault.kind) {
    case 'kill':
      stage.kill(fault.server);
      return () => stage.start(fault.server, fault.disk ?? 'kept');
    case 'pause':
      stage.pause(fault.server);
      return () => stage.resume(fault.server);
    case 'isolate':
      weather.isolate(fault.server);
      return () => weather.rejoin(fault.server);
    case 'cut':
      return cut([[fault.from, fault.to]], { stage, isOneWay: fault.isOneWay === true });
    case 'split':
      return split(fault.servers, stage);
    case 'reset':
      stage.reset(fault.from, fault.to, fault.underWay ?? 'arrives');
      return nothing;
    case 'delay':
      weather.setDelay(fault.from, fault.to, fault.delayMs);
      return () => weather.clearDelay(fault.from, fault.to);
    case 'loss':
      return weather.addLoss(fault.share);
    case 'clockRate':
      stage.setRate(fault.server, fault.rate);
      return () => stage.setRate(fault.server, 1);
    case 'clockStep':
      stage.step(fault.server, fault.stepMs);
      return nothing;
    default:
      return unreachable(fault);
  }
}

/** When the fault ends, counted from its beginning; undefined: it has no end of its own. */
export function endsAfterMs(fault: Fault): number | undefined {
  return 'forMs' in fault ? fault.forMs : undefined;
}

function cut(
  pairs: readonly (readonly [string, string])[],
  { stage, isOneWay }: { readonly stage: Stage; readonly isOneWay: boolean },
): Undo {
  const directions = pairs.flatMap(([a, b]) => (isOneWay ? [[a, b] as const] : [[a, b] as const, [b, a] as const]));
  for (const [from, to] of directions) stage.weather.cut(from, to);
  return () => {
    for (const [from, to] of directions) stage.weather.heal(from, to);
  };
}

function split(side: readonly string[], stage: Stage): Undo {
  const rest = stage.names().filter((name) => !side.includes(name));
  const pairs = side.flatMap((one) => rest.map((other) => [one, other] as const));
  return cut(pairs, { stage, isOneWay: false });
}
