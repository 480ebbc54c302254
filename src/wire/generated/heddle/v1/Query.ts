// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';

// Original file: proto/heddle/v1/fabric.proto

export const _heddle_v1_Query_About = {
  ABOUT_UNSPECIFIED: 'ABOUT_UNSPECIFIED',
  ABOUT_MEMBERS: 'ABOUT_MEMBERS',
  ABOUT_CATALOG: 'ABOUT_CATALOG',
  ABOUT_EXPLAIN: 'ABOUT_EXPLAIN',
  ABOUT_WHY: 'ABOUT_WHY',
  ABOUT_RUNS: 'ABOUT_RUNS',
  ABOUT_VITALS: 'ABOUT_VITALS',
  ABOUT_ME: 'ABOUT_ME',
  ABOUT_PLACES: 'ABOUT_PLACES',
} as const;

export type _heddle_v1_Query_About =
  | 'ABOUT_UNSPECIFIED'
  | 0
  | 'ABOUT_MEMBERS'
  | 1
  | 'ABOUT_CATALOG'
  | 2
  | 'ABOUT_EXPLAIN'
  | 3
  | 'ABOUT_WHY'
  | 4
  | 'ABOUT_RUNS'
  | 5
  | 'ABOUT_VITALS'
  | 6
  | 'ABOUT_ME'
  | 7
  | 'ABOUT_PLACES'
  | 8

export type _heddle_v1_Query_About__Output = typeof _heddle_v1_Query_About[keyof typeof _heddle_v1_Query_About]

export interface Query {
  'about'?: (_heddle_v1_Query_About);
  'argument'?: (_heddle_v1_Value | null);
  'identity'?: (string);
}

export interface Query__Output {
  'about'?: (_heddle_v1_Query_About__Output);
  'argument'?: (_heddle_v1_Value__Output);
  'identity'?: (string);
}
