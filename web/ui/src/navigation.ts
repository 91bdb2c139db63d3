// What stands in an application's navigation and in its command palette.

import type { Icon } from './icon';

export interface NavigationEntry {
  label: string;
  href: string;
  icon: Icon;
  /** A small figure at its right: running, new. */
  count?: number;
  /** What the figure counts, for those who hear. */
  countLabel?: string;
}

export interface NavigationSection {
  /** Without a label the entries stand alone. */
  label?: string;
  entries: NavigationEntry[];
}

export interface Command {
  id: string;
  label: string;
  /** The group's heading: Pages, Reports, Actions. */
  group: string;
  icon?: Icon;
  /** Further words by which it is found. */
  words?: string;
  note?: string;
  href?: string;
  run?: () => void;
}

export interface KeyHelp {
  keys: string[];
  does: string;
}

export interface KeyGroup {
  label: string;
  keys: KeyHelp[];
}

/** The entry whose address is the longest beginning of the path: it is the one where we are. */
export function currentEntry(sections: NavigationSection[], path: string): NavigationEntry | undefined {
  return sections
    .flatMap((section) => section.entries)
    .filter((entry) => path === entry.href || path.startsWith(entry.href.replace(/\/$/, '') + '/'))
    .sort((a, b) => b.href.length - a.href.length)[0];
}

/** Commands that hold every word typed, those that begin with it first. */
export function matching(commands: Command[], typed: string): Command[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return commands;
  return commands
    .map((command) => ({ command, text: `${command.label} ${command.words ?? ''}`.toLowerCase() }))
    .filter(({ text }) => words.every((word) => text.includes(word)))
    .sort((a, b) => Number(b.text.startsWith(words[0]!)) - Number(a.text.startsWith(words[0]!)))
    .map(({ command }) => command);
}

/** Every page of the navigation as a command. */
export function pageCommands(sections: NavigationSection[]): Command[] {
  return sections.flatMap((section) =>
    section.entries.map((entry) => ({
      id: entry.href,
      label: entry.label,
      group: 'Pages',
      icon: entry.icon,
      words: section.label,
      href: entry.href,
      note: section.label,
    })),
  );
}

/** The keys that work wherever there is a frame; `finds` says what Ctrl-K looks for. */
export function frameKeys(finds: string): KeyGroup {
  return {
    label: 'Everywhere',
    keys: [
      { keys: ['Ctrl+K'], does: finds },
      { keys: ['?'], does: 'These keys' },
      { keys: ['Esc'], does: 'Close what is open' },
    ],
  };
}

/** What a key asks the frame for. A question mark that is typed into something is none. */
export function frameKey(event: KeyboardEvent): 'palette' | 'keys' | undefined {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') return 'palette';
  if (event.key !== '?' || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const target = event.target as HTMLElement;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ? undefined : 'keys';
}
