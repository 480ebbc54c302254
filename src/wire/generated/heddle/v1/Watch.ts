// Original file: proto/heddle/v1/fabric.proto


// Original file: proto/heddle/v1/fabric.proto

export const _heddle_v1_Watch_About = {
  ABOUT_UNSPECIFIED: 'ABOUT_UNSPECIFIED',
  ABOUT_CATALOG: 'ABOUT_CATALOG',
  ABOUT_RUN: 'ABOUT_RUN',
} as const;

export type _heddle_v1_Watch_About =
  | 'ABOUT_UNSPECIFIED'
  | 0
  | 'ABOUT_CATALOG'
  | 1
  | 'ABOUT_RUN'
  | 2

export type _heddle_v1_Watch_About__Output = typeof _heddle_v1_Watch_About[keyof typeof _heddle_v1_Watch_About]

export interface Watch {
  'about'?: (_heddle_v1_Watch_About);
  'runId'?: (string);
}

export interface Watch__Output {
  'about'?: (_heddle_v1_Watch_About__Output);
  'runId'?: (string);
}
