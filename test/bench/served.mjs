/** What P9's server serves. */
export const add = (left, right) => left + right;
