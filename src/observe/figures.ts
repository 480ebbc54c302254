/**
 * Figures and times as people read them: few digits, one unit, a column of them lines up.
 */

export function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return '–';
  if (ms === 0) return '0';
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

export function perSecond(rate: number): string {
  return `${count(rate)}/s`;
}

export function bytes(size: number): string {
  if (size < 1_000) return `${Math.round(size)} B`;
  if (size < 1_000_000) return `${short(size / 1_000)} kB`;
  if (size < 1_000_000_000) return `${short(size / 1_000_000)} MB`;
  return `${short(size / 1_000_000_000)} GB`;
}

/** A number, or a rate, in at most four places. */
export function count(value: number): string {
  if (value >= 1_000_000) return `${short(value / 1_000_000)} M`;
  if (value >= 10_000) return `${short(value / 1_000)} k`;
  if (value >= 10 || Number.isInteger(value)) return String(Math.round(value));
  return value.toFixed(1);
}

export function percent(part: number): string {
  return part > 0 && part < 0.001 ? '< 0.1 %' : `${(part * 100).toFixed(1)} %`;
}

/** The time of day, with milliseconds: events come close to one another. */
export function timeOfDay(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

/** `one server`, `3 servers`. */
export function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function short(value: number): string {
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}
