/**
 * The certificates that one transport uses: its own, its key, and the CAs that it trusts. Given as PEM, or as files.
 *
 * R1 what cannot be used is refused whole, with every problem. R2 files are looked at again at every handshake: what was
 *    replaced is used from then on, and links that are open stay as they are. R3 new files that cannot be used change nothing; they
 *    are told of once, and tried again when they have changed. R4 the name of a certificate never changes while it is in use.
 * Handshakes are TLS 1.3, none is resumed: every one shows a certificate that is good now.
 */

import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { type PemSource, readPem, stampOf } from '../base/pem.ts';
import { thrownText } from '../base/thrown.ts';
import { HeddleError, type SettingsProblem } from '../errors.ts';
import { chainOf, issuersOf } from './certificate-chain.ts';
import { isServers, nameOf } from './peer-certificate.ts';

export interface TlsOptions {
  /** Its own certificate, the ones between it and the CA behind it. */
  readonly cert?: PemSource | undefined;
  readonly key?: PemSource | undefined;
  /** Whose certificates are trusted. */
  readonly ca: PemSource | readonly PemSource[];
  /** Of a listener: whether a client must show a certificate; default `required`. Other servers always must. */
  readonly clientCertificate?: 'required' | 'optional' | undefined;
}

/** Told when the certificates in use are others (of whom has one of its own), and when files that have changed cannot be used. */
export interface CredentialsWatcher {
  /** `untilMs`: when the own certificate ends, since the Unix epoch. */
  readonly reloaded: (name: string, untilMs: number) => void;
  readonly rejected: (message: string) => void;
}

/** What a handshake needs: the context, and what it was made of. */
export interface InUse {
  readonly options: SecureContextOptions & Pem;
  readonly context: SecureContext;
}

/** As texts. */
interface Pem {
  readonly ca: readonly string[];
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

interface Loaded extends InUse {
  readonly own: X509Certificate | undefined;
  /** What the files were when they were read. */
  readonly stamp: string;
}

export class Credentials {
  readonly #use: 'server' | 'client';
  readonly #wallMs: () => number;
  #given: TlsOptions;
  #loaded: Loaded;
  /** The name that stays (R4). */
  #name: string | undefined;
  #rejectedStamp: string | undefined;
  #watcher: CredentialsWatcher | undefined;

  /** Throws `bad_settings`. Costs the reading of the files. */
  constructor(given: TlsOptions, { use, wallMs }: { readonly use: 'server' | 'client'; readonly wallMs: () => number }) {
    this.#use = use;
    this.#wallMs = wallMs;
    this.#given = given;
    this.#loaded = this.#load(given);
    this.#name = this.#loaded.own && nameOf(this.#loaded.own.toLegacyObject());
  }

  /** The name of its own certificate; undefined when it has none. */
  get name(): string | undefined {
    return this.#name;
  }

  /** When its own certificate ends, in milliseconds since the Unix epoch; undefined when it has none. */
  get untilMs(): number | undefined {
    const { own } = this.#loaded;
    return own && Date.parse(own.validTo);
  }

  get needsClientCertificate(): boolean {
    return this.#given.clientCertificate !== 'optional';
  }

  /** For a handshake that begins now: the same object for as long as nothing has changed. */
  current(): InUse {
    this.#refresh();
    return this.#loaded;
  }

  /** Uses others from now on; without any, reads the files again. Throws `bad_settings`, and then nothing has changed. */
  replace(given: TlsOptions = this.#given): void {
    this.#take(this.#load(given));
    this.#given = given;
  }

  watch(watcher: CredentialsWatcher): void {
    this.#watcher = watcher;
  }

  #refresh(): void {
    const stamp = stampOfAll(this.#given);
    if (stamp === this.#loaded.stamp || stamp === this.#rejectedStamp) return;
    try {
      this.#take(this.#load(this.#given));
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      this.#rejectedStamp = stamp;
      this.#watcher?.rejected(error.message);
    }
  }

  #take(loaded: Loaded): void {
    this.#loaded = loaded;
    this.#rejectedStamp = undefined;
    const { own } = loaded;
    this.#name ??= own && nameOf(own.toLegacyObject());
    if (own && this.#name !== undefined) this.#watcher?.reloaded(this.#name, Date.parse(own.validTo));
  }

  #load(given: TlsOptions): Loaded {
    const problems: SettingsProblem[] = [];
    const read = (key: string, source: PemSource): string => pemOf(source, (message) => problems.push({ key: `tls.${key}`, message }));
    // Before the files are read: one that changes meanwhile is read again.
    const stamp = stampOfAll(given);
    const pem = {
      ca: caOf(given).map((source) => read('ca', source)),
      cert: given.cert === undefined ? undefined : read('cert', given.cert),
      key: given.key === undefined ? undefined : read('key', given.key),
    };
    if (problems.length === 0) problems.push(...this.#problemsOf(pem));
    if (problems.length > 0) throw new HeddleError('bad_settings', { problems });
    const options = { ...pem, minVersion: 'TLSv1.3', secureOptions: constants.SSL_OP_NO_TICKET } as const;
    return {
      options,
      context: createSecureContext(options),
      own: pem.cert === undefined ? undefined : new X509Certificate(pem.cert),
      stamp,
    };
  }

  #problemsOf({ ca, cert, key }: Pem): readonly SettingsProblem[] {
    if (ca.length === 0) return [problem('ca', 'is missing: give the certificate of the CA that issued those of the fabric')];
    const broken = [...ca.map((text) => ['ca', text] as const), ...(cert === undefined ? [] : [['cert', cert] as const])].find(
      ([, text]) => chainOf(text).length === 0,
    );
    if (broken) return [problem(broken[0], 'holds no certificate that can be read; PEM is wanted')];
    if (cert === undefined && this.#use === 'server')
      return [problem('cert', 'is missing: a server shows who it is (heddle ca issue NAME)')];
    if ((cert === undefined) !== (key === undefined)) {
      return [problem(cert === undefined ? 'cert' : 'key', `is missing: tls.cert and tls.key belong together`)];
    }
    return cert === undefined || key === undefined ? [] : this.#problemsOfOwn(cert, key, ca);
  }

  /** A certificate of one's own that nobody would take is refused here rather than by everybody else. */
  #problemsOfOwn(cert: string, key: string, ca: readonly string[]): readonly SettingsProblem[] {
    const [own, ...between] = chainOf(cert);
    if (!own) return [problem('cert', 'holds no certificate')];
    const name = nameOf(own.toLegacyObject());
    const isAnothers = this.#name !== undefined && name !== this.#name;
    const found: (SettingsProblem | undefined)[] = [
      name === undefined ? problem('cert', 'names nobody, or several: the subject must have one common name') : undefined,
      isAnothers ? problem('cert', `is of "${name}", and "${this.name}" is in use: a name stays while it is in use`) : undefined,
      keyProblem(own, key),
      this.#timeProblem(own),
      this.#use === 'server' && !isServers({ ext_key_usage: own.keyUsage })
        ? problem('cert', `is not a server's (it lacks serverAuth): issue one with heddle ca issue, without --client`)
        : undefined,
      // A client may trust one CA and be known to another; servers have both in common.
      this.#use === 'client' || issuersOf(own, between, ca.flatMap(chainOf))
        ? undefined
        : problem('cert', 'was not issued by tls.ca: nobody in the fabric would take it'),
    ];
    return found.filter((one) => one !== undefined);
  }

  #timeProblem({ validFrom, validTo }: X509Certificate): SettingsProblem | undefined {
    if (Date.parse(validTo) <= this.#wallMs()) return problem('cert', `ended on ${validTo}: issue a new one (heddle ca issue)`);
    return Date.parse(validFrom) > this.#wallMs()
      ? problem('cert', `begins on ${validFrom}: is the clock of this machine right?`)
      : undefined;
  }
}

function caOf({ ca }: TlsOptions): readonly PemSource[] {
  return typeof ca === 'string' || ca instanceof Uint8Array ? [ca] : ca;
}

function pemOf(source: PemSource, onProblem: (message: string) => void): string {
  try {
    return readPem(source);
  } catch (error) {
    onProblem(`the file ${String(source)} cannot be read: ${thrownText(error)}`);
    return '';
  }
}

function stampOfAll(given: TlsOptions): string {
  return stampOf([...caOf(given), given.cert, given.key].filter((source) => source !== undefined));
}

function keyProblem(own: X509Certificate, key: string): SettingsProblem | undefined {
  try {
    return own.checkPrivateKey(createPrivateKey(key)) ? undefined : problem('key', 'is not the key of tls.cert');
  } catch {
    return problem('key', 'holds no private key that can be read; PEM without a passphrase is wanted');
  }
}

function problem(key: string, message: string): SettingsProblem {
  return { key: `tls.${key}`, message };
}
