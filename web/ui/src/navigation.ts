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
