/** Certificates for tests: a CA, and what it issues. */

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../src/base/clock.ts';
import { type Issued, issueCa, issueCertificate, type Subject, type Validity } from '../src/identity/certificates.ts';

const hourMs = 3_600_000;

/** From an hour ago to an hour from now; shifted by so many hours. */
export function validity(shiftHours = 0): Validity {
  const nowMs = systemClock.wallMs() + shiftHours * hourMs;
  return { fromMs: nowMs - hourMs, untilMs: nowMs + hourMs };
}

export interface Bundle extends Issued {
  readonly ca: string;
}

/** A CA of its own: what it issues is good for an hour, or shifted by so many. */
export class Authority {
  readonly #ca = issueCa({ name: 'Test CA', ...validity() });

  get cert(): string {
    return this.#ca.cert;
  }

  server(name: string, shiftHours = 0): Bundle {
    return this.#issue({ name, kind: 'server', hosts: ['localhost', '127.0.0.1'], ...validity(shiftHours) });
  }

  client(name: string, shiftHours = 0): Bundle {
    return this.#issue({ name, kind: 'client', ...validity(shiftHours) });
  }

  #issue(subject: Subject): Bundle {
    return { ...issueCertificate(this.#ca, subject), ca: this.#ca.cert };
  }
}

/** The same as files of a folder that is gone after the test; `write` replaces them. */
export class BundleFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), 'heddle-tls-'));

  constructor(bundle: Bundle) {
    onTestFinished(() => rmSync(this.#folder, { recursive: true }));
    this.write(bundle);
  }

  get paths() {
    return { cert: join(this.#folder, 'own.pem'), key: join(this.#folder, 'own.key'), ca: join(this.#folder, 'ca.pem') };
  }

  write(bundle: Partial<Bundle>): void {
    for (const part of ['key', 'cert', 'ca'] as const) {
      const text = bundle[part];
      if (text === undefined) continue;
      writeFileSync(`${this.paths[part]}.new`, text);
      renameSync(`${this.paths[part]}.new`, this.paths[part]);
    }
  }
}
