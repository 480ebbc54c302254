/**
 * What the keys of `heddle top` do: a choice becomes another one. Pure.
 */

import type { TopView } from './top-model.ts';
import { rowsThatFit, type TopChoice } from './top-page.ts';
import { arranged, sortedAtFirst, tableOf, tabs } from './top-tables.ts';

/** Ctrl-C, as a terminal that takes keys one by one gives it. */
export const interruptKey = '\u0003';
const filterCharsMax = 64;

export const firstChoice: TopChoice = {
  tab: 'servers',
  sort: sortedAtFirst.servers,
  isReversed: false,
  filter: '',
  scroll: 0,
  isTyping: false,
};

/** The keys in what was read at once: characters, and sequences as arrows send them. */
export function keysIn(text: string): readonly string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what keys send
  return text.match(/\u001b[[O][0-9;]*[A-Za-z~]|[\s\S]/gu) ?? [];
}

/** The choice after a key; undefined: whoever looks has seen enough. */
export function chosenBy(
  key: string,
  choice: TopChoice,
  { view, rows }: { readonly view: TopView; readonly rows: number },
): TopChoice | undefined {
  if (key === interruptKey) return undefined;
  if (choice.isTyping) return typed(key, choice);
  switch (key) {
    case 'q':
      return undefined;
    case '\t':
      return turned(choice, 1);
    case '\u001b[Z':
      return turned(choice, -1);
    case 's':
      return { ...choice, sort: nextColumn(choice, view), isReversed: false };
    case 'r':
      return { ...choice, isReversed: !choice.isReversed };
    case '/':
      return { ...choice, filter: '', isTyping: true, scroll: 0 };
    case '\u001b':
      return { ...choice, filter: '', scroll: 0 };
    default:
      return /^[1-5]$/.test(key) ? onTab(choice, Number(key) - 1) : scrolled(key, choice, { view, rows });
  }
}

function typed(key: string, choice: TopChoice): TopChoice {
  if (key === '\r' || key === '\n') return { ...choice, isTyping: false };
  if (key === '\u001b') return { ...choice, isTyping: false, filter: '' };
  if (key === '\u007f' || key === '\b') return { ...choice, filter: choice.filter.slice(0, -1) };
  const isCharacter = /^[^\p{Cc}]$/u.test(key) && choice.filter.length < filterCharsMax;
  return isCharacter ? { ...choice, filter: choice.filter + key } : choice;
}

function turned(choice: TopChoice, by: number): TopChoice {
  return onTab(choice, (tabs.indexOf(choice.tab) + by + tabs.length) % tabs.length);
}

function onTab(choice: TopChoice, at: number): TopChoice {
  const tab = tabs[at] ?? choice.tab;
  return { ...choice, tab, sort: sortedAtFirst[tab], isReversed: false, scroll: 0 };
}

function nextColumn({ tab, sort }: TopChoice, view: TopView): string {
  const titles = tableOf(tab, view).columns.map(({ title }) => title);
  return titles[(titles.indexOf(sort) + 1) % titles.length] ?? sort;
}

function scrolled(key: string, choice: TopChoice, { view, rows }: { readonly view: TopView; readonly rows: number }): TopChoice {
  const page = rowsThatFit({ rows });
  const by = { '\u001b[A': -1, k: -1, '\u001b[B': 1, j: 1, '\u001b[5~': -page, '\u001b[6~': page }[key];
  if (by === undefined) return choice;
  const last = Math.max(0, arranged(tableOf(choice.tab, view), choice).length - page);
  return { ...choice, scroll: Math.min(last, Math.max(0, choice.scroll + by)) };
}
