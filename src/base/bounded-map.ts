/**
 * Maps that remember no more than so much: what came first is forgotten for what comes last.
 */

/** Sets a key, as the last one; where `max` others are there already, the first of them goes. */
export function setBounded<K, V>(map: Map<K, V>, max: number, [key, value]: readonly [key: K, value: V]): void {
  map.delete(key);
  if (map.size >= max) {
    const [first] = map.keys();
    if (first !== undefined) map.delete(first);
  }
  map.set(key, value);
}
