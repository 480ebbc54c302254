/**
 * Certificates as servers and clients are given them, as types. tls-options.ts checks them, transport/credentials.ts uses them.
 */

/** PEM as text or bytes, or the path of a file that holds it; files are looked at again at every handshake. */
type Pem = string | Uint8Array;

/** The certificates of a server. */
export interface ServerTls {
  /** Its own, and those between it and the CA behind it. Its common name is the server's name, and it says serverAuth. */
  readonly cert: Pem;
  /** The private key of `cert`. */
  readonly key: Pem;
  /** Whose certificates are trusted, of servers and of clients. */
  readonly ca: Pem | readonly Pem[];
  /** `optional` lets in clients that show none; other servers always have to. Default `required`. */
  readonly clientCertificate?: 'required' | 'optional' | undefined;
}

/** The certificates of a client: whose it trusts, and its own where servers want one. */
export interface ClientTls {
  /** Whose certificates are trusted. */
  readonly ca: Pem | readonly Pem[];
  /** Its own, where servers want one. Default: none is shown. */
  readonly cert?: Pem | undefined;
  /** The private key of `cert`. */
  readonly key?: Pem | undefined;
}
