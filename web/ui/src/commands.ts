// What the command palette and the list of keys show. Apart from the navigation, since a page stands before they come.

import type { Command, KeyGroup, NavigationSection } from './navigation';

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
