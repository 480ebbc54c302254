/**
 * The second door, `heddle/testing`: one function without a fabric.
 */

/// <reference types="node" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />

export { invoke } from './fabric/invoke.ts';
