/**
 * Who somebody is, as far as they have proved it.
 *
 * I1 a name is worth what its kind is: `server:gpu-1` is not the client of that name, and nobody becomes anonymous by name.
 * I2 the text of an identity says both, and is how it travels between servers.
 * What somebody says of themselves without proof (the name of a client's process) is no identity.
 */

/** By a signed token, a client's certificate, a server's certificate, or not at all. */
export type IdentityKind = 'token' | 'certificate' | 'server' | 'anonymous';

export interface Identity {
  readonly kind: IdentityKind;
  /** Empty for `anonymous`. */
  readonly name: string;
  /** `token:alice`, `certificate:alice`, `server:gpu-1`, `anonymous`: the same text for the same identity. */
  readonly text: string;
}

/** Nobody in particular: no proof was shown, or none can be. */
export const anonymous: Identity = { kind: 'anonymous', name: '', text: 'anonymous' };

/** Characters of a name at most. */
export const identityCharsMax = 128;
const kinds: readonly IdentityKind[] = ['token', 'certificate', 'server'];
// White space at the ends and control characters make two names look alike.
const nameShape = /^(?! )[^\p{Cc}\p{Surrogate}]{1,128}(?<! )$/u;

export function identityOf(kind: Exclude<IdentityKind, 'anonymous'>, name: string): Identity {
  return { kind, name, text: `${kind}:${name}` };
}

/** What `Identity.text` gave; undefined for a text that it never gives. */
export function parseIdentity(text: string): Identity | undefined {
  if (text === anonymous.text) return anonymous;
  const colon = text.indexOf(':');
  const kind = kinds.find((one) => one === text.slice(0, Math.max(0, colon)));
  const name = text.slice(colon + 1);
  return kind === undefined || kind === 'anonymous' || !isIdentityName(name) ? undefined : identityOf(kind, name);
}

/** Whether somebody may be called so. */
export function isIdentityName(name: string): boolean {
  return name.length <= identityCharsMax && nameShape.test(name);
}

/** The name in the text of an identity; undefined for nobody in particular. */
export function provenName(text: string | undefined): string | undefined {
  return text === undefined || text === anonymous.text ? undefined : text.slice(text.indexOf(':') + 1);
}

/** The text of an identity where it is a client's, by token or certificate; undefined for servers, and for nobody in particular, who is many. */
export function clientIn(text: string | undefined): string | undefined {
  const kind = text === undefined ? undefined : parseIdentity(text)?.kind;
  return kind === 'token' || kind === 'certificate' ? text : undefined;
}

/** As people read it: a client by name alone. */
export function describeIdentity({ kind, name, text }: Identity): string {
  return kind === 'token' || kind === 'certificate' ? name : text;
}
