/**
 * Every knob of a server: its shape, default, unit and reason. settings.toml and docs/settings.md are made of this.
 *
 * K1 a knob exists only if something reads it. K2 an unknown key is an error (found in load.ts). K3 the defaults are those of the
 *    rooms that use them; a test holds the two equal.
 * How knobs are made is knobs.ts; where values come from, and their order, load.ts; which options they become is server-options.ts.
 * valibot is one module of 200 kB: zod's hundred cost each server 50 ms of its start and 4 MB of memory (`npm run bench -- P9`).
 */

import * as v from 'valibot';
import {
  amount,
  bytes,
  counts,
  dayMs,
  facts,
  flag,
  type KnobFacts,
  members,
  milliseconds,
  perSecond,
  port,
  portText,
  text,
  texts,
  word,
} from './knobs.ts';

const [KiB, MiB, GiB] = [1024, 1024 ** 2, 1024 ** 3];

/** The schema. Sections and keys are in the order in which settings.toml lists them. */
export const settingsSchema = v.object({
  server: v.object({
    name: text('Unique in its fabric. Default: the host name and six random characters.', 'gpu-1'),
    resources: texts('Tags that every offer of this server carries, such as gpu or region=eu.'),
    slots: counts('What functions with `uses` share, such as { gpu = 1 }: calls that need more than there is wait, or go elsewhere.'),
    modules: texts('Files whose exports are offered; relative to this file.'),
    join: texts('Addresses (host:port) of servers that may be up already; none has to be.'),
    port: v.pipe(
      v.optional(port, 'auto'),
      v.metadata(facts('port', 'Where to listen: any free port, one port, or the first free one of a range.', portText)),
    ),
    host: v.pipe(v.optional(word, '127.0.0.1'), v.metadata(facts('text', 'The address to listen on. 0.0.0.0 needs advertise.'))),
    advertise: text('The host or host:port by which others reach this server. Default: where it listens.', '10.0.0.5'),
    insecure: flag('Allows a host that is open to the network without [tls]: whoever reaches it may then call, join and read along.'),
    drainGraceMs: milliseconds(25_000, 'How long a drain waits for calls under way. Higher: fewer are ended; lower: a stop is quicker.'),
    dashboard: flag('Also serve the dashboard: a page that shows the fabric, and can start calls and runs.'),
  }),
  cluster: v.object({
    name: v.pipe(v.optional(word, 'default'), v.metadata(facts('text', 'Only servers of one cluster join one another.'))),
    pinUid: text(
      'Join only the cluster of this unique id, so that a namesake on a reused port is refused.',
      '0123456789abcdef0123456789abcdef',
    ),
  }),
  tls: v.object({
    cert: text(
      'The certificate of this server (PEM), and those between it and its CA; relative to this file. Default: everything is in the clear.',
      'certs/gpu-1.pem',
    ),
    key: text('The private key of that certificate.', 'certs/gpu-1.key'),
    ca: text('Whose certificates are trusted, of servers and of clients. Files are looked at again at every handshake.', 'certs/ca.pem'),
    clientCertificate: v.pipe(
      v.optional(v.picklist(['required', 'optional']), 'required'),
      v.metadata(facts('choice', 'Whether clients must show a certificate; other servers always have to.', '"required" or "optional"')),
    ),
  }),
  tokens: v.object({
    keys: texts(
      'Public keys (PEM files, relative to this file) that sign the tokens of clients; needs [[permissions]]. Files are looked at again with every token.',
    ),
    maxLifetimeMs: milliseconds(
      3_600_000,
      'Longest time from the making of a token to its end. Lower: a stolen one is of use for less long.',
      30 * dayMs,
    ),
  }),
  transport: v.object({
    keepaliveIntervalMs: milliseconds(
      10_000,
      'Between two pings on a connection. Lower: a silent network is noticed sooner; higher: less idle traffic.',
    ),
    keepaliveTimeoutMs: milliseconds(5_000, 'How long a ping may stay unanswered before the connection counts as broken.'),
  }),
  admin: v.object({
    port: v.pipe(
      v.optional(port),
      v.metadata({
        ...facts('port', "Also listen here for an operator's gRPC tools: channelz, health and reflection. Default: nowhere.", portText),
        example: 'auto',
      }),
    ),
    host: v.pipe(
      v.optional(word, '127.0.0.1'),
      v.metadata(facts('text', 'The address of that listener. It tells of the whole process and asks nobody who they are.')),
    ),
  }),
  http: v.object({
    port: v.pipe(
      v.optional(port),
      v.metadata({
        ...facts('port', 'Also listen here for HTTP: /metrics (Prometheus), /healthz and /readyz. Default: nowhere.', portText),
        example: 9464,
      }),
    ),
    host: v.pipe(
      v.optional(word, '127.0.0.1'),
      v.metadata(facts('text', 'The address of that listener. Without [tls] it asks nobody who they are: keep it inside your network.')),
    ),
  }),
  dashboard: v.object({
    port: v.pipe(v.optional(port, 'auto'), v.metadata(facts('port', 'Where the dashboard listens, if this server serves it.', portText))),
    host: v.pipe(
      v.optional(word, '127.0.0.1'),
      v.metadata(facts('text', 'The address of that listener. Anything but this machine itself needs a token.')),
    ),
    token: v.pipe(
      v.optional(v.pipe(v.string(), v.minLength(16))),
      v.metadata({
        ...facts(
          'text',
          'Whoever opens the page must know it. It can start calls: keep it as you keep a password.',
          'a text of at least 16 characters',
        ),
        example: 'at-least-16-characters',
      }),
    ),
  }),
  log: v.object({
    level: v.pipe(
      v.optional(v.picklist(['off', 'error', 'warn', 'info', 'debug']), 'off'),
      v.metadata(
        facts(
          'choice',
          'Which events are written, one line each (docs/events.md has the level of each). debug has a line for every call.',
          '"off", "error", "warn", "info" or "debug"',
        ),
      ),
    ),
    destination: v.pipe(
      v.optional(word, 'stderr'),
      v.metadata(facts('text', 'stderr, stdout, or a file that is added to; relative to this file.')),
    ),
    format: v.pipe(
      v.optional(v.picklist(['auto', 'json', 'text']), 'auto'),
      v.metadata(facts('choice', 'JSON, or text for people; auto: text in a terminal.', '"auto", "json" or "text"')),
    ),
    linesPerSecondMax: amount(
      { byDefault: 100, max: 1_000_000 },
      'lines',
      'Of each kind of event. Higher: more of a burst is told; lower: less is written. How many are left out is told.',
    ),
  }),
  mesh: v.object({
    beatIntervalMs: milliseconds(500, 'Between two beats on a link. Lower: silence is noticed sooner; higher: less idle traffic.'),
    silenceMinMs: milliseconds(1_500, 'A link counts as silent after this long at the least; three beats or more.'),
    silenceMaxMs: milliseconds(4_000, 'A link counts as silent after this long at the most.'),
    dialTimeoutMs: milliseconds(
      1_000,
      'One dial, from the first packet to the answer; up to eight times as long while the event loop here is late, and up to four times for a newcomer that seeds have not answered. Higher suits slow networks, lower finds the next seed sooner.',
    ),
    checkTimeoutMs: milliseconds(500, 'One dial that checks a suspect; stretched like the other.'),
    buryHardMs: milliseconds(200, 'From a quorum on refused connections to the end of a member.'),
    burySilentMs: milliseconds(3_000, 'The same on silence: the time to refute. Higher: fewer servers are given up wrongly.'),
    buryStalledMs: milliseconds(10_000, 'The same where a process answers the network but not the mesh.'),
    reportExpiryMs: milliseconds(10_000, 'A report about a member counts for this long unless it is renewed.'),
    redialMinMs: milliseconds(100, 'First wait before an address is dialled again; it doubles.'),
    seedRedialMaxMs: milliseconds(500, 'Longest wait for an address of join. Lower: late seeds are met sooner.'),
    lostRedialMaxMs: milliseconds(300_000, 'Longest wait for the address of a member that was lost.'),
    batchMs: milliseconds(5, 'News waits this long for company. Lower: it travels sooner; higher: in fewer messages.'),
    publishIntervalMs: milliseconds(250, 'Shortest time between two catalogs of one server.'),
    spreadMs: milliseconds(200, 'From leaving to the moment when everybody can have heard it.'),
    graveMs: milliseconds(72 * 3_600_000, 'The end of a member is remembered this long.', 30 * dayMs),
    fullMeshMax: members(
      9,
      'Up to this many servers every pair keeps a link; above it only neighbours on the rings. Equal on all servers.',
    ),
    callLinkIdleMs: milliseconds(60_000, 'A link that carries calls only closes this long after the last. Higher: fewer dials.'),
  }),
  limits: v.object({
    sessions: amount(
      { byDefault: 2_048, max: 16_384 },
      'sessions',
      'Sessions that one client may hold here: one certificate, or one address.',
    ),
    callsAtOnce: amount(
      { byDefault: 65_536, max: 1_000_000 },
      'calls',
      'Calls, runs and questions of one client under way here; further ones are refused.',
    ),
    callsPerSecond: perSecond(
      'How often one client may ask on average, with a second of it at once. Default: as often as the server keeps up.',
    ),
  }),
  handOff: v.object({
    inlineBytesMax: bytes(64 * KiB, 'Results of steps over this size stay with their producer until they are pulled.', 64 * MiB),
    leaseMs: milliseconds(
      30_000,
      'How long such a result stays when its coordinator is silent. Higher: it outlives longer cuts; lower: it is freed sooner.',
      3_600_000,
    ),
    memoryBytesMax: bytes(
      64 * MiB,
      'How much of such results stays in memory; the rest goes to disk. Also what is pulled at once.',
      64 * GiB,
    ),
    spillBytesMax: bytes(16 * GiB, 'How much of them may lie on disk; a result for which there is no room fails its step.', 1024 * GiB),
    spillDir: text('Folder for what goes to disk; its files have no names. Default: the one for temporary files.', '/var/tmp/heddle'),
  }),
});

/** What a server is made of, every default filled in. */
export type Settings = v.InferOutput<typeof settingsSchema> & {
  /** The tables `[[permissions]]`, as they stand in the file: startServer checks them. Undefined: there are none. */
  readonly permissions?: unknown;
};
export type SectionName = keyof typeof settingsSchema.entries;

export interface Knob {
  readonly section: SectionName;
  readonly key: string;
  readonly facts: KnobFacts;
  /** Absent: there is none. */
  readonly byDefault: unknown;
}

/** Every knob in the order of the file. */
export function listKnobs(): readonly Knob[] {
  return Object.entries(settingsSchema.entries).flatMap(([section, { entries }]) =>
    Object.entries(entries).map(([key, knob]) => ({
      section: section as SectionName, // a key of the entries that Settings is inferred from
      key,
      facts: v.getMetadata(knob) as KnobFacts, // every knob is made by knobs.ts, which gives it its facts
      byDefault: v.getDefault(knob),
    })),
  );
}
