// Original file: proto/heddle/v1/fabric.proto

import type { PathPart as _heddle_v1_PathPart, PathPart__Output as _heddle_v1_PathPart__Output } from '../../heddle/v1/PathPart.ts';

export interface Hole {
  'at'?: (_heddle_v1_PathPart)[];
  'step'?: (string);
  'input'?: (boolean);
  'path'?: (_heddle_v1_PathPart)[];
  'item'?: (boolean);
  'index'?: (boolean);
  'source'?: "step"|"input"|"item"|"index";
}

export interface Hole__Output {
  'at'?: (_heddle_v1_PathPart__Output)[];
  'step'?: (string);
  'input'?: (boolean);
  'path'?: (_heddle_v1_PathPart__Output)[];
  'item'?: (boolean);
  'index'?: (boolean);
  'source'?: "step"|"input"|"item"|"index";
}
