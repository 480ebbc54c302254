/**
 * An attacker's client, written against the proto files alone: it has a certificate of the fabric's CA (somebody's server was
 * taken over), greets as servers and clients do, and then says what it likes. Nothing of Heddle's own code is in it.
 */

import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { connect as connectHttp2 } from 'node:http2';
import { fileURLToPath } from 'node:url';
import { type ClientDuplexStream, credentials, Client as GrpcClient } from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';

export type Fields = Readonly<Record<string, unknown>>;

/** A certificate, its key, and the CA, as PEM. */
export interface Papers {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

const protos = loadSync(['heddle/v1/mesh.proto', 'heddle/v1/fabric.proto'], {
  includeDirs: [fileURLToPath(new URL('../../proto/', import.meta.url))],
  keepCase: true,
  longs: Number,
  oneofs: true,
});

export function encode(type: string, fields: Fields): Buffer {
  return messageType(type).serialize(fields);
}

export function decode(type: string, bytes: Buffer): Fields {
  return messageType(type).deserialize(bytes) as Fields; // plain objects, as proto-loader makes them
}

function messageType(type: string): MessageTypeDefinition<object, object> {
  const found = protos[`heddle.v1.${type}`];
  if (!found || !('serialize' in found)) throw new Error(`no message ${type}`);
  return found as MessageTypeDefinition<object, object>; // it has what a message type has
}

/** A server of its own making: whose records it signs, and with what, is up to whoever holds it. */
export class AttackingServer {
  readonly name: string;
  readonly nonce = randomBytes(16);
  readonly instance: Buffer;
  readonly cluster: string;
  readonly #papers: Papers;
  readonly #key = generateKeyPairSync('ed25519');
  readonly #client: GrpcClient;
  /** What it gives to whoever asks, by hash. */
  readonly #bodies = new Map<string, Buffer>();
  #stream: ClientDuplexStream<Buffer, Buffer> | undefined;
  #statement: Buffer | undefined;
  /** What came: mesh messages, and frames of other kinds. */
  readonly heard: Fields[] = [];
  /** The server has ended the stream. */
  hasEnded = false;

  constructor(address: string, papers: Papers, { name, cluster }: { readonly name: string; readonly cluster: string }) {
    this.name = name;
    this.cluster = cluster;
    this.#papers = papers;
    this.instance = hash(`heddle instance 1\n${name}\n`, this.nonce).subarray(0, 16);
    const secure = credentials.createSsl(Buffer.from(papers.ca), Buffer.from(papers.key), Buffer.from(papers.cert));
    this.#client = new GrpcClient(address, secure, { 'grpc.ssl_target_name_override': 'localhost', 'grpc.use_local_subchannel_pool': 1 });
  }

  /** Dials as a server does; gives the acceptor's `MeshAck`. */
  greet(change: Fields = {}): Promise<Fields> {
    const greeter = {
      cluster: this.cluster,
      cluster_uid: randomBytes(16),
      name: this.name,
      epoch: 1,
      instance: this.instance,
      instance_proof: this.nonce,
      url: '127.0.0.1:9',
      protocol_min: 1,
      protocol_max: 1,
      root: Buffer.alloc(8),
      ...change,
    };
    return this.open('/heddle.v1.Mesh/Link', encode('MeshHello', { greeter }), 'MeshAck');
  }

  /** Opens a stream with this greeting; gives the answer to it. */
  open(path: string, greeting: Buffer, answer: string): Promise<Fields> {
    const pass = (bytes: Buffer): Buffer => bytes;
    const stream = this.#client.makeBidiStreamRequest<Buffer, Buffer>(path, pass, pass);
    this.#stream = stream;
    return new Promise<Fields>((resolve, reject) => {
      let isGreeted = false;
      stream.on('data', (bytes) => {
        const { frames = [] } = decode('Batch', bytes) as { frames?: Buffer[] }; // as the proto file says
        if (!isGreeted) resolve(decode(answer, frames[0] ?? Buffer.alloc(0)));
        for (const frame of isGreeted ? frames : frames.slice(1)) this.#heard(frame);
        isGreeted = true;
      });
      const onEnd = (error: Error): void => {
        this.hasEnded = true;
        reject(error);
      };
      stream.on('error', onEnd);
      stream.on('end', () => onEnd(new Error('the stream has ended')));
      stream.write(encode('Batch', { frames: [greeting] }));
    });
  }

  /** Sends mesh messages, one frame each. */
  say(...messages: readonly Fields[]): void {
    this.send(...messages.map((message) => ({ mesh: encode('MeshMessage', message) })));
  }

  send(...frames: readonly Fields[]): void {
    this.write(...frames.map((frame) => encode('Frame', frame)));
  }

  /** One batch of frames as bytes. */
  write(...frames: readonly Buffer[]): void {
    this.#stream?.write(encode('Batch', { frames }));
  }

  /** A `Record` that this server has signed, whoever it is about. */
  record(head: Fields, body: Fields): Buffer {
    const unsigned = Buffer.from(this.unsigned(head, body, this.keyHash));
    return Buffer.concat([unsigned, Buffer.from([0x4a, 64]), this.#sign('record', unsigned)]);
  }

  unsigned(head: Fields, body: Fields, key: Uint8Array = Buffer.alloc(0)): Buffer {
    const own = { kind: 1, owner: this.name, epoch: 1, instance: this.instance, version: 1 };
    return encode('Record', { ...own, ...head, body: encode('MemberBody', { url: '127.0.0.1:9', ...body }), key });
  }

  /** A `Record` of its own that announces functions. */
  offering(names: readonly string[], version: number): Buffer {
    const body = encode('CatalogBody', { functions: names.map((name) => ({ name, version: '1.0.0', effect: 1 })) });
    const bodyHash = hash('', body);
    this.#bodies.set(bodyHash.toString('hex'), body);
    return this.record({ version }, { body_hash: bodyHash });
  }

  /** A `Report` in the name of whoever `said` says. */
  report(said: Fields): Fields {
    const word = encode('Report', { epoch: 1, observer: this.name, evidence: [1, 2], ...said, key: this.keyHash });
    return { word, signature: this.#sign('report', word), age_ms: 60_000 };
  }

  /** The statement about its key, which its own certificate vouches for; made once. */
  get statement(): Buffer {
    this.#statement ??= this.#vouched();
    return this.#statement;
  }

  get keyHash(): Buffer {
    return hash('', this.statement);
  }

  close(): void {
    this.#stream?.cancel();
    this.#client.close();
  }

  #vouched(): Buffer {
    const spki = this.#key.publicKey.export({ type: 'spki', format: 'der' });
    const nowMs = Date.now();
    const statement = encode('KeyStatement', {
      name: this.name,
      cluster: this.cluster,
      instance: this.instance,
      instance_proof: this.nonce,
      public_key: spki.subarray(spki.length - 32),
      not_before_ms: nowMs,
      not_after_ms: nowMs + 3_600_000,
      serial: 1,
    });
    const signature = sign('sha256', Buffer.concat([Buffer.from('heddle key 1\n'), statement]), createPrivateKey(this.#papers.key));
    return encode('SignedKey', { statement, certificates: [new X509Certificate(this.#papers.cert).raw], signature });
  }

  #sign(what: 'record' | 'report', bytes: Buffer): Buffer {
    const key: KeyObject = this.#key.privateKey;
    return Buffer.from(sign(null, Buffer.concat([Buffer.from(`heddle ${what} 1\n`), bytes]), key));
  }

  #heard(bytes: Buffer): void {
    const frame = decode('Frame', bytes);
    const mesh = frame['mesh'] as Uint8Array | undefined;
    const message = mesh && decode('MeshMessage', Buffer.from(mesh));
    this.heard.push(message ?? frame);
    this.#give(message);
  }

  /** Whoever asks for its key, or for what it offers, is given it. */
  #give(message: Fields | undefined): void {
    const wanted = (message?.['body_wanted'] as { hash?: Buffer } | undefined)?.hash;
    const data = wanted && (this.keyHash.equals(wanted) ? this.statement : this.#bodies.get(wanted.toString('hex')));
    if (data) this.say({ body: { hash: wanted, piece: 0, pieces: 1, data } });
  }
}

/** `Push` of raw records, which the proto file's own writer would not leave as they are. */
export function push(...records: readonly Buffer[]): Buffer {
  const inner = Buffer.concat(records.map((bytes) => Buffer.concat([Buffer.from([0x0a]), varint(bytes.length), bytes])));
  const message = Buffer.concat([Buffer.from([0x12]), varint(inner.length), inner]);
  return encode('Frame', { mesh: message });
}

function varint(value: number): Buffer {
  return value < 0x80 ? Buffer.from([value]) : Buffer.concat([Buffer.from([(value & 0x7f) | 0x80]), varint(value >>> 7)]);
}

/** A message that gzip makes a thousand times smaller than what it unpacks to, sent as gRPC's own compression. Gives the status. */
export async function bomb(address: string, { cert, key, ca }: Papers, path: string, packed: Buffer): Promise<string> {
  const session = connectHttp2(`https://${address}`, { cert, key, ca, servername: 'localhost' });
  try {
    return await new Promise((resolve, reject) => {
      session.on('error', reject);
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        'grpc-encoding': 'gzip',
      });
      let status = 'none';
      stream.on('response', (headers) => (status = String(headers['grpc-status'] ?? headers[':status'])));
      stream.on('trailers', (trailers) => (status = String(trailers['grpc-status'])));
      stream.on('error', () => resolve('broken'));
      stream.on('close', () => resolve(status));
      stream.resume();
      const head = Buffer.alloc(5);
      head[0] = 1;
      head.writeUInt32BE(packed.length, 1);
      stream.end(Buffer.concat([head, packed]));
    });
  } finally {
    session.destroy();
  }
}

function hash(text: string, bytes: Uint8Array): Buffer {
  return createHash('sha256').update(text).update(bytes).digest();
}
