/**
 * Versions and ranges of functions (semver 2.0.0, node-semver's range grammar). The only file that knows semver,
 * by its parts: the whole is 50 files, 10 ms of the start of every server.
 */

import Range from 'semver/classes/range.js';
import compare from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';
import satisfies from 'semver/functions/satisfies.js';
import valid from 'semver/functions/valid.js';
import { HeddleError } from '../../errors.ts';
import { describeFound } from '../names.ts';
import type { Path } from '../payload.ts';

/** Longest version or range, in characters. */
const versionCharactersMax = 256;

/** The version as it is, or `bad_argument` at `path`: a full semver version such as 1.2.0. */
export function checkVersion(value: unknown, path: Path): string {
  if (typeof value === 'string' && value.length <= versionCharactersMax && valid(value) === value) return value;
  throw new HeddleError('bad_argument', { path, expected: 'a full semver version such as 1.2.0', found: describeFound(value) });
}

/** The range as it is, or `bad_argument` at `path`: anything that semver reads as a range. */
export function checkRange(value: unknown, path: Path): string {
  if (typeof value === 'string' && parseRange(value)) return value;
  throw new HeddleError('bad_argument', { path, expected: 'a semver range such as ^1.2.0 or >=1.1', found: describeFound(value) });
}

/** A test of versions against a range; undefined means any. A range that does not parse fits nothing. */
export function versionTest(range: string | undefined): (version: string) => boolean {
  if (range === undefined) return () => true;
  const parsed = parseRange(range);
  return parsed ? (version) => satisfies(version, parsed) : () => false;
}

/** Orders versions so that the one to prefer comes first: releases before prereleases, then the higher. */
export function comparePreferred(a: string, b: string): number {
  const [first, second] = [parse(a), parse(b)];
  if (!first || !second) return Number(!first) - Number(!second);
  const byRelease = Number(first.prerelease.length > 0) - Number(second.prerelease.length > 0);
  return byRelease || compare(second, first);
}

function parseRange(range: string): Range | undefined {
  if (range.length > versionCharactersMax) return undefined;
  try {
    return new Range(range);
  } catch {
    return undefined;
  }
}
