/**
 * What several views have in common: the head of a table, resources in it, and a field that narrows what is listed.
 */

import type { Signal } from '@preact/signals';

export interface HeadsProps {
  /** The columns from the left. */
  readonly of: readonly string[];
  /** Those of figures, which stand at the right of their cells. */
  readonly figures?: readonly string[];
}

/** The head of a table: first its words, then its figures. */
export function Heads({ of, figures = [] }: HeadsProps) {
  return (
    <thead>
      <tr>
        {of.map((name) => (
          <th key={name} scope="col" class={`of-${name}`}>
            {name}
          </th>
        ))}
        {figures.map((name) => (
          <th key={name} scope="col" class="number">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

export interface SearchFieldProps {
  readonly value: Signal<string>;
  /** Whole, for who hears it. */
  readonly label: string;
  readonly placeholder: string;
}

/** Writes what is typed to the signal, at once. */
export function SearchField({ value, label, placeholder }: SearchFieldProps) {
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={value.value}
      onInput={({ currentTarget }) => {
        value.value = currentTarget.value;
      }}
    />
  );
}

/** Tags that a cell has room for. */
const tagsShown = 5;

/** Resources of a server or a function, as a cell. */
export function Tags({ of }: { readonly of: readonly string[] }) {
  return (
    <td class="tags" title={of.length > tagsShown ? of.join(' ') : undefined}>
      {of.slice(0, tagsShown).join(' ')}
      {of.length > tagsShown ? ` and ${of.length - tagsShown} more` : ''}
    </td>
  );
}
