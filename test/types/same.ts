/** Two types are one: `same<A, B>(true)` does not compile otherwise. */

type Probe<A> = <T>() => T extends A ? 1 : 2;

export type Equal<A, B> = Probe<A> extends Probe<B> ? true : false;

export function same<A, B>(ok: Equal<A, B>): void {
  void ok;
}

// @ts-expect-error the check itself can fail
same<number, string>(true);
