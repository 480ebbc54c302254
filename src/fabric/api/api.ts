/**
 * The public API as types, gathered: what a client, a server and a handler's context can do, and every option they take.
 *
 * A1 every option is `?: T | undefined`, every field of data plain `?: T`.
 * A2 what is not built is not declared; using it is refused by name.
 * Callables are core/function.ts, references and builders core/workflow; these pages hold no code.
 */

export type { CallOptions } from './call-api.ts';
export type { Caller, Client, ConnectOptions, Member, Offer } from './caller-api.ts';
export type { Context, DefineFunction, Functions } from './function-api.ts';
export type { Run, RunEvent, RunOptions, SubmitOptions } from './run-api.ts';
export type { Listening, Server, ServerOptions } from './server-api.ts';
