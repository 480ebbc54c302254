/**
 * The second door, `heddle/testing`: one function without a fabric, and a whole fabric without a network.
 */

/// <reference types="node" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />

export { invoke } from './fabric/serve/invoke.ts';
export type { FaultMix } from './testing/fault-mix.ts';
export type { Fault, FaultKind } from './testing/faults.ts';
export type { SimulatedConnectOptions, SimulatedWorld, SimulationReport } from './testing/simulate.ts';
export { simulate } from './testing/simulate.ts';
export type { SimulatedNetwork, SimulatedServer, SimulateOptions } from './testing/simulate-options.ts';
