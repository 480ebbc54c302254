/**
 * The front door of `heddle`: everything a user imports, re-exported and nothing else.
 */

/// <reference types="node" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />

export { defineFunction } from './fabric/api/define.ts';
export { startServer } from './fabric/server/server.ts';
export { connect } from './fabric/client/client.ts';
export { remote } from './core/function.ts';
export { workflow } from './core/workflow/builder.ts';
export { HeddleError } from './errors.ts';
export type {
  CallOptions,
  Caller,
  Client,
  ConnectOptions,
  Context,
  Functions,
  Listening,
  Member,
  Offer,
  Run,
  RunEvent,
  RunOptions,
  Server,
  ServerOptions,
  SubmitOptions,
} from './fabric/api/api.ts';
export type { Plan } from './fabric/api/plan.ts';
export type { Effect, Need } from './core/catalog/offer.ts';
export type { HeddleFunction, HeddleStream, Remote, Schema } from './core/function.ts';
export type { Workflow } from './core/workflow/builder.ts';
export type { Builder, StepOptions } from './core/workflow/builder-api.ts';
export type { Command, Reference, WorkflowData } from './core/workflow/data.ts';
export type { WaitReason } from './core/workflow/record.ts';
export type { Ref } from './core/workflow/ref.ts';
export type { ErrorCode, Executed, HeddleErrorOf } from './errors.ts';
export type { FabricEvent } from './observe/events.ts';
