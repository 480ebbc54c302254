import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { meshDefaults } from '../../src/core/gossip/settings.ts';
import { HeddleError, type SettingsProblem } from '../../src/errors.ts';
import { handOffDefaults } from '../../src/fabric/hand-off/hand-off-settings.ts';
import { defaultIdentityLimits } from '../../src/fabric/link/accounts.ts';
import { drainGraceMs } from '../../src/fabric/server/drain.ts';
import { loadSettings, type SettingsSources } from '../../src/settings/load.ts';
import { listKnobs } from '../../src/settings/schema.ts';
import { serverInput } from '../../src/settings/server-options.ts';
import { variableOf } from '../../src/settings/sources.ts';
import { defaultKeepalive } from '../../src/transport/grpc-options.ts';
import { root } from '../house/sources.ts';

const file = (text: string): SettingsSources => ({ file: { text, name: 'my.toml' } });

function problemsOf(sources: SettingsSources): readonly SettingsProblem[] {
  try {
    loadSettings(sources);
  } catch (error) {
    if (HeddleError.is(error, 'bad_settings')) return error.detail.problems;
    throw error;
  }
  return [];
}

describe('settings.toml', () => {
  const text = readFileSync(join(root, 'settings.toml'), 'utf8');

  test('lists every knob of the schema, and nothing else, with its default', () => {
    const listed = parse(text);
    const commented = [...text.matchAll(/^# (\w+) = /gm)].map(([, key]) => key);
    for (const { section, key, byDefault } of listKnobs()) {
      const values = listed[section] as Record<string, unknown>;
      if (byDefault === undefined) expect(commented).toContain(key);
      else expect(values[key]).toEqual(byDefault);
    }
    expect(loadSettings(file(text))).toEqual(loadSettings({}));
  });

  test('says of every knob what it is for', () => {
    for (const { facts } of listKnobs()) expect(text).toContain(`# ${facts.reason}`);
  });
});

test('K3: the defaults are those of the rooms that use them', () => {
  const { tuning, options } = serverInput(loadSettings({}));
  expect(tuning).toEqual({
    drainGraceMs,
    pinUid: undefined,
    keepalive: defaultKeepalive,
    mesh: meshDefaults,
    handOff: handOffDefaults,
    identityLimits: defaultIdentityLimits,
  });
  expect(options).toMatchObject({ host: '127.0.0.1', port: 'auto', cluster: 'default', join: [], resources: [], slots: {} });
});

test('L1: defaults < file < environment < flags, key by key', () => {
  const sources: SettingsSources = {
    file: { name: 'my.toml', text: '[server]\nname = "file"\nport = 7001\nhost = "127.0.0.2"' },
    environment: {
      HEDDLE_SERVER_NAME: 'environment',
      HEDDLE_SERVER_PORT: '7002',
      HEDDLE_SERVER_RESOURCES: 'gpu, region=eu',
      HEDDLE_URL: 'x',
    },
    flags: { 'server.name': { flag: '--name', value: 'flag' }, 'server.join': { flag: '--join', value: undefined } },
  };
  const { server } = loadSettings(sources);
  expect(server).toMatchObject({ name: 'flag', port: 7002, host: '127.0.0.2', resources: ['gpu', 'region=eu'], join: [] });
});

test('every knob can be set by the environment', () => {
  const samples = {
    text: 'some sixteen chars',
    texts: 'a,b',
    number: '2000',
    port: '7420',
    counts: 'gpu=1,db=2',
    flag: 'true',
  };
  for (const knob of listKnobs()) {
    const { kind } = knob.facts;
    const sample = kind === 'choice' ? String(knob.byDefault) : samples[kind];
    const problems = problemsOf({ environment: { [variableOf(knob)]: sample } });
    expect(problems.filter(({ message }) => message.includes('expected') || message.includes('not a setting'))).toEqual([]);
  }
});

test('case 24: an unknown key names file, line and the nearest key', () => {
  const problems = problemsOf(file('# mine\n[server]\nname = "a"\nprot = 7420\n'));
  expect(problems).toEqual([{ file: 'my.toml', line: 4, key: 'server.prot', message: 'is not a setting; did you mean "port"?' }]);
});

test('case 24: a wrong type names file, line, key, what was expected and what was found', () => {
  const problems = problemsOf(file('[server]\nport = "many"\nresources = "gpu"\n[mesh]\nbeatIntervalMs = 0.5'));
  expect(problems).toEqual([
    {
      file: 'my.toml',
      line: 2,
      key: 'server.port',
      message: 'expected "auto", a port such as 7420, or a range such as "7420-7440", found the text "many"',
    },
    { file: 'my.toml', line: 3, key: 'server.resources', message: 'expected a list of texts, found the text "gpu"' },
    {
      file: 'my.toml',
      line: 5,
      key: 'mesh.beatIntervalMs',
      message: 'expected a whole number of milliseconds from 1 to 86400000, found 0.5',
    },
  ]);
});

test('case 24: the message is one a person can act on', () => {
  expect(() => loadSettings(file('[server]\nprot = 1'))).toThrow(
    'the settings cannot be used: my.toml:2: server.prot: is not a setting; did you mean "port"?',
  );
});

test('an unknown section, a key in the wrong section and one near nothing each get their own hint', () => {
  const problems = problemsOf(file('[sever]\n[server]\nbeatIntervalMs = 5\nzzzzzz = 1'));
  expect(problems.map(({ message }) => message)).toEqual([
    'is not a section; did you mean "server"?',
    'is not a setting; did you mean "mesh.beatIntervalMs"?',
    'is not a setting; [server] has name, resources, slots, modules, join, port, host, advertise, insecure, drainGraceMs, dashboard',
  ]);
});

test('L2: every unknown key of a table is reported, also one named as what every object has', () => {
  const problems = problemsOf(file('[mesh]\nbeat = 1\nbatch = 2\nconstructor = 3'));
  expect(problems.map(({ key }) => key)).toEqual(['mesh.beat', 'mesh.batch', 'mesh.constructor']);
});

test.each([
  ['server = [1]', 'server', 'expected a table of settings, found a list ([1])'],
  ['server = 1979-05-27', 'server', 'expected a table of settings'],
  ['[server]\nslots = [1]', 'server.slots', 'expected a table of whole numbers over 0, such as { gpu = 1 }, found a list ([1])'],
  ['[server]\nslots = 1979-05-27', 'server.slots', 'expected a table of whole numbers over 0'],
  ['[server]\nresources = [1, 2]', 'server.resources', 'expected a list of texts, found a list ([1,2])'],
])('a list or a date is no table, and a wrong value is reported once: %s', (text, key, message) => {
  expect(problemsOf(file(text))).toEqual([expect.objectContaining({ key, message: expect.stringContaining(message) })]);
});

test('L2: what is wrong in the file, the environment and the flags is reported at once, each with its place', () => {
  const problems = problemsOf({
    ...file('[mesh]\nbatchMs = "x"'),
    environment: { HEDDLE_SERVER_PROT: '1', HEDDLE_MESH_SPREAD_MS: 'soon' },
    flags: { 'server.port': { flag: '--port', value: 'here' } },
  });
  expect(problems.map(({ key, line }) => [key, line])).toEqual([
    ['HEDDLE_SERVER_PROT', undefined],
    ['--port', undefined],
    ['HEDDLE_MESH_SPREAD_MS', undefined],
    ['mesh.batchMs', 2],
  ]);
});

test('L4: a silence under three beats is refused with both values', () => {
  expect(problemsOf(file('[mesh]\nbeatIntervalMs = 1000'))).toEqual([
    { key: 'mesh.silenceMinMs', message: '1500 is under 3 x mesh.beatIntervalMs (3 x 1000 = 3000): one lost beat is not silence' },
  ]);
});

test.each([
  ['[transport]\nkeepaliveIntervalMs = 1000', 'transport.keepaliveIntervalMs', '5000'],
  ['[mesh]\nsilenceMaxMs = 100', 'mesh.silenceMaxMs', '1500'],
  ['[mesh]\ncheckTimeoutMs = 9000', 'mesh.dialTimeoutMs', '9000'],
  ['[mesh]\nseedRedialMaxMs = 50', 'mesh.seedRedialMaxMs', '100'],
  ['[server]\nport = "7440-7420"', 'server.port', '7440-7420'],
  ['[server]\nport = "7440-99999"', 'server.port', '65535'],
])('L4: values that contradict one another are refused: %s', (text, key, value) => {
  expect(problemsOf(file(text))).toEqual([expect.objectContaining({ key, message: expect.stringContaining(value) })]);
});

test('a port may be automatic, one, or a range', () => {
  const portOf = (text: string) => serverInput(loadSettings(file(`[server]\nport = ${text}`))).options.port;
  expect([portOf('"auto"'), portOf('7420'), portOf('"7420-7440"')]).toEqual(['auto', 7420, { from: 7420, to: 7440 }]);
});

test('a file that is no TOML is refused with file and line', () => {
  expect(problemsOf(file('[server]\nname = \n'))).toEqual([expect.objectContaining({ file: 'my.toml', line: 2 })]);
});

test.each(['server.prot = 1', 'server = { prot = 1 }', '"server"."prot" = 1', '[server] # here\n  "prot" = 1'])(
  'a line is found however the key is written: %s',
  (text) => {
    expect(problemsOf(file(text))[0]).toMatchObject({ line: text.split('\n').length, key: 'server.prot' });
  },
);

test.each(['__proto__', 'constructor', 'toString'])('fault 24: %s is an unknown key like any other', (key) => {
  expect(problemsOf(file(`[server]\n${key} = 1`)).length + problemsOf(file(`[${key}]\na = 1`)).length).toBeGreaterThanOrEqual(2);
  expect(({} as Record<string, unknown>)['a']).toBeUndefined();
});

test('slots come from a table of the file or from the environment, as whole numbers over 0', () => {
  const slotsOf = (sources: SettingsSources): unknown => serverInput(loadSettings(sources)).options.slots;
  expect(slotsOf(file('[server]\nslots = { gpu = 2 }'))).toEqual({ gpu: 2 });
  expect(slotsOf(file('[server.slots]\ngpu = 1\ndb = 4'))).toEqual({ gpu: 1, db: 4 });
  expect(slotsOf({ ...file('[server]\nslots = { gpu = 2 }'), environment: { HEDDLE_SERVER_SLOTS: 'gpu=1, db=4' } })).toEqual({
    gpu: 1,
    db: 4,
  });
  const expected = 'a table of whole numbers over 0, such as { gpu = 1 }';
  expect(problemsOf(file('[server]\nslots = { gpu = 0 }'))).toMatchObject([{ line: 2, message: `expected ${expected}, found a table` }]);
  expect(problemsOf({ environment: { HEDDLE_SERVER_SLOTS: 'gpu' } })).toMatchObject([
    { key: 'HEDDLE_SERVER_SLOTS', message: `expected ${expected}, found the text "gpu"` },
  ]);
});

test('certificates are files of [tls], which come together or not at all; a flag is true or false', () => {
  const [cert, key, ca] = ['a.pem', 'a.key', 'ca.pem'];
  const { options } = serverInput(loadSettings(file(`[tls]\ncert = "${cert}"\nkey = "${key}"\nca = "${ca}"`)), (path) => `/here/${path}`);
  expect(options.tls).toEqual({ cert: '/here/a.pem', key: '/here/a.key', ca: '/here/ca.pem', clientCertificate: 'required' });
  expect(serverInput(loadSettings({})).options).toMatchObject({ tls: undefined, insecure: false });
  expect(problemsOf(file('[tls]\nkey = "a.key"'))).toEqual([
    { file: 'my.toml', line: 2, key: 'tls.key', message: 'needs tls.cert and tls.ca beside it: cert, key and ca belong together' },
  ]);
  expect(loadSettings({ environment: { HEDDLE_SERVER_INSECURE: 'true' } }).server.insecure).toBe(true);
  expect(problemsOf({ environment: { HEDDLE_SERVER_INSECURE: 'yes' } })[0]?.message).toContain('expected true or false');
});
