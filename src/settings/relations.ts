/**
 * Settings that are fine alone and wrong together.
 *
 * Each row says which of two knobs must not be under the other, times a factor, and why; the message shows both values.
 */

import type { SettingsProblem } from '../errors.ts';
import type { Settings } from './schema.ts';

interface Relation {
  readonly larger: string;
  readonly smaller: string;
  /** `larger` must be at least `smaller` times this. */
  readonly factor?: number;
  readonly because: string;
}

const relations: readonly Relation[] = [
  {
    larger: 'transport.keepaliveIntervalMs',
    smaller: 'transport.keepaliveTimeoutMs',
    because: 'a ping must be answered before the next one',
  },
  { larger: 'mesh.silenceMinMs', smaller: 'mesh.beatIntervalMs', factor: 3, because: 'one lost beat is not silence' },
  { larger: 'mesh.silenceMaxMs', smaller: 'mesh.silenceMinMs', because: 'the most cannot be under the least' },
  { larger: 'mesh.dialTimeoutMs', smaller: 'mesh.checkTimeoutMs', because: 'a check is the quicker dial' },
  { larger: 'mesh.burySilentMs', smaller: 'mesh.buryHardMs', because: 'silence is the weaker evidence' },
  { larger: 'mesh.buryStalledMs', smaller: 'mesh.burySilentMs', because: 'a stall is the weaker evidence' },
  { larger: 'mesh.reportExpiryMs', smaller: 'mesh.burySilentMs', because: 'a report must last until it is acted on' },
  { larger: 'mesh.seedRedialMaxMs', smaller: 'mesh.redialMinMs', because: 'the longest wait cannot be under the first' },
  { larger: 'mesh.lostRedialMaxMs', smaller: 'mesh.redialMinMs', because: 'the longest wait cannot be under the first' },
];

/** Relations that do not hold. */
export function relationProblems(
  settings: Settings,
  originOf: (path: readonly string[]) => Pick<SettingsProblem, 'file' | 'line' | 'key'>,
): readonly SettingsProblem[] {
  const problems: SettingsProblem[] = [...portProblems(settings, originOf), ...tlsProblems(settings, originOf)];
  for (const { larger, smaller, factor = 1, because } of relations) {
    const least = numberOf(settings, smaller) * factor;
    const found = numberOf(settings, larger);
    if (found >= least) continue;
    const wanted = factor === 1 ? `${smaller} (${least})` : `${factor} x ${smaller} (${factor} x ${least / factor} = ${least})`;
    problems.push({ ...originOf(larger.split('.')), message: `${found} is under ${wanted}: ${because}` });
  }
  return problems;
}

function portProblems(
  settings: Settings,
  originOf: (path: readonly string[]) => Pick<SettingsProblem, 'file' | 'line' | 'key'>,
): readonly SettingsProblem[] {
  return (['server', 'admin', 'http', 'dashboard'] as const).flatMap((section) => {
    const { port } = settings[section];
    const [from = 0, to = 0] = String(port).split('-').map(Number);
    if (typeof port !== 'string' || port === 'auto' || (from <= to && to <= 65_535)) return [];
    const message = `${port} is no range of ports: the first must not be over the last, and that not over 65535`;
    return [{ ...originOf([section, 'port']), message }];
  });
}

/** A certificate, its key and whom it trusts come together or not at all. */
function tlsProblems(
  { tls }: Settings,
  originOf: (path: readonly string[]) => Pick<SettingsProblem, 'file' | 'line' | 'key'>,
): readonly SettingsProblem[] {
  const parts = ['cert', 'key', 'ca'] as const;
  const given = parts.filter((part) => tls[part] !== undefined);
  const missing = parts.filter((part) => tls[part] === undefined);
  if (given.length === 0 || missing.length === 0) return [];
  const message = `needs tls.${missing.join(' and tls.')} beside it: cert, key and ca belong together`;
  return [{ ...originOf(['tls', given[0] ?? 'cert']), message }];
}

function numberOf(settings: Settings, path: string): number {
  const [section, key = ''] = path.split('.');
  const values: Readonly<Record<string, unknown>> = section === 'mesh' ? settings.mesh : settings.transport;
  return Number(values[key]);
}
