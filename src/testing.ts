/**
 * The second door, `heddle/testing`: one function without a fabric.
 */

export { invoke } from './fabric/invoke.ts';
