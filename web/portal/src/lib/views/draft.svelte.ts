// A View as it is being written.
// Invariant: nothing typed is lost: it is kept in this browser tab until it is published or thrown away, also over a
// reload, and a publication by somebody else meanwhile is noticed, not overwritten in silence.

import type { Column, NewView, Parameter, View } from '$lib/api';
import { columnsFor, nameFrom, parametersFor } from './found';

interface Content {
  name: string;
  title: string;
  category: string;
  description: string;
  sql: string;
  parameters: Parameter[];
  columns: Column[];
}

interface Kept {
  /** The version that it began from; 0 for a new View. */
  base: number;
  content: Content;
}

const BLANK: Content = {
  name: '',
  title: '',
  category: '',
  description: '',
  sql: '',
  parameters: [],
  columns: [],
};

function contentOf(view: View): Content {
  const { name, title, category, description, sql, parameters, columns } = view;
  return { name, title, category, description, sql, parameters, columns };
}

export class Draft {
  content = $state<Content>({ ...BLANK });
  connection = $state('');
  /** The version that it began from; 0 for a new View. */
  base = $state(0);
  /** What was typed before a reload was brought back. */
  restored = $state(false);
  #named = false;
  #published = $state('');
  readonly #key: string;
  readonly #gone = new Map<string, Parameter>();

  /** `from`: an earlier version to begin with instead of the current one. `owner`: whose it is, of those who use this tab. */
  constructor(view: View | undefined, from?: View, owner = '') {
    this.#key = `webreports.view.${view?.id ?? 'new'}.${owner}`;
    this.take(view);
    if (from && view) {
      const { name } = this.content;
      this.content = { ...contentOf(from), name };
    } else this.#restore();
  }

  /** Begins from what is published. */
  take(view: View | undefined): void {
    this.content = view ? structuredClone(contentOf(view)) : structuredClone(BLANK);
    this.base = view?.version ?? 0;
    this.#named = view !== undefined;
    this.#published = JSON.stringify(this.content);
    this.restored = false;
  }

  get dirty(): boolean {
    return JSON.stringify(this.content) !== this.#published;
  }

  /** A new View is named by its title until somebody names it. */
  titled(): void {
    if (!this.#named) this.content.name = nameFrom(this.content.title);
  }

  named(): void {
    this.#named = this.content.name !== '';
  }

  foundParameters(names: string[]): void {
    this.content.parameters = parametersFor(names, this.content.parameters, this.#gone);
  }

  foundColumns(found: Pick<Column, 'name' | 'data_type'>[]): void {
    this.content.columns = columnsFor(found, this.content.columns);
  }

  /** Parameters as they are sent: an empty default is none. */
  get parameters(): Parameter[] {
    return this.content.parameters.map((parameter) => ({
      ...parameter,
      label: parameter.label.trim(),
      default: parameter.default?.trim() ? parameter.default : null,
    }));
  }

  body(note: string): NewView {
    const { name, title, category, description, sql, columns } = this.content;
    return {
      name: name.trim(),
      title: title.trim(),
      category: category.trim(),
      description: description.trim(),
      sql,
      parameters: this.parameters,
      columns: columns.map(({ name, label, format, width, visible }) => ({
        name,
        label: label.trim() || name,
        format,
        width,
        visible,
      })),
      note: note.trim(),
      connection_id: this.connection,
    };
  }

  /** Keeps it over a reload of this tab. */
  keep(): void {
    try {
      if (this.dirty)
        sessionStorage.setItem(
          this.#key,
          JSON.stringify({ base: this.base, content: this.content } satisfies Kept),
        );
      else sessionStorage.removeItem(this.#key);
    } catch {
      // Storage is switched off or full: a reload loses what is not published, and leaving asks.
    }
  }

  forget(): void {
    try {
      sessionStorage.removeItem(this.#key);
    } catch {
      // Nothing was kept then.
    }
  }

  #restore(): void {
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.#key) ?? 'null') as Partial<Kept> | null;
      if (typeof kept?.content?.sql !== 'string' || !Array.isArray(kept.content.parameters)) return;
      this.content = { ...structuredClone(BLANK), ...kept.content };
      this.base = kept.base ?? this.base;
      this.#named = this.content.name !== '' && this.content.name !== nameFrom(this.content.title);
      this.restored = this.dirty;
    } catch {
      // Nothing usable was kept.
    }
  }
}
