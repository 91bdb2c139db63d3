// The SQL editor: CodeMirror with our colours, the dialect of the connection, and the words of a View: `?Name?` and
// `@Identifier`. Loaded when a page shows an editor; its styles carry the nonce of the page's security policy.

import {
  autocompletion,
  completionKeymap,
  type CompletionContext,
  type CompletionResult,
  type CompletionSource,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import {
  keywordCompletionSource,
  PostgreSQL,
  schemaCompletionSource,
  sql,
  SQLite,
  type SQLNamespace,
} from '@codemirror/lang-sql';
import { bracketMatching, HighlightStyle, syntaxHighlighting, syntaxTree } from '@codemirror/language';
import { setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, RangeSetBuilder, type Extension } from '@codemirror/state';
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
  placeholder,
  ViewPlugin,
  type DecorationSet,
  type ViewUpdate,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { Catalog, ConnectionKind, QueryProblem } from '$lib/api';

export interface Words {
  parameters: string[];
  fields: { identifier: string; name: string }[];
}

export interface Editor {
  text: () => string;
  setText: (text: string) => void;
  setDialect: (kind: ConnectionKind | undefined, catalog: Catalog | undefined) => void;
  setProblems: (problems: QueryProblem[]) => void;
  insert: (text: string) => void;
  focus: () => void;
  close: () => void;
}

interface Options {
  text: string;
  readOnly: boolean;
  /** Ids of the elements that name and describe it. */
  labelledBy: string;
  describedBy: string;
  placeholder: string;
  words: () => Words;
  onchange: (text: string) => void;
  /** Ctrl+Enter. */
  onrun: () => void;
}

const WORD = /\?[A-Za-z_]\w*\?|@[A-Za-z_]\w*/g;
const QUOTED = /String|Comment|Quoted/;
const parameterMark = Decoration.mark({ class: 'cm-parameter' });
const fieldMark = Decoration.mark({ class: 'cm-field' });

/** Marks parameters and identifiers, except where they are plain text: in quotes and comments. */
const viewWords = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = wordsIn(view);
    }
    update(update: ViewUpdate): void {
      const parsed = syntaxTree(update.startState) !== syntaxTree(update.state);
      if (update.docChanged || update.viewportChanged || parsed) this.decorations = wordsIn(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

function wordsIn(view: EditorView): DecorationSet {
  const marks = new RangeSetBuilder<Decoration>();
  const tree = syntaxTree(view.state);
  for (const { from, to } of view.visibleRanges) {
    for (const match of view.state.sliceDoc(from, to).matchAll(WORD)) {
      const start = from + match.index;
      if (QUOTED.test(tree.resolveInner(start, 1).name)) continue;
      marks.add(start, start + match[0].length, match[0].startsWith('?') ? parameterMark : fieldMark);
    }
  }
  return marks.finish();
}

const look = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'var(--surface)', fontSize: 'var(--text-grid)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.55', fontVariantLigatures: 'none' },
  '.cm-content': { padding: 'var(--space-2) 0', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 var(--space-3)' },
  '.cm-gutters': {
    backgroundColor: 'var(--sunken)',
    color: 'var(--ink-faint)',
    borderRight: 'var(--border)',
  },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '28px', padding: '0 var(--space-2) 0 var(--space-1)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'var(--accent-line)',
  },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'color-mix(in oklch, var(--hover) 60%, transparent)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--pressed)',
    color: 'inherit',
  },
  '.cm-selectionMatch': { backgroundColor: 'var(--accent-tint)' },
  '.cm-searchMatch': { backgroundColor: 'var(--warning-tint)', outline: '1px solid var(--warning-line)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--warning-line)' },
  '.cm-parameter': { color: 'var(--accent-ink)', fontWeight: 'var(--weight-strong)' },
  '.cm-field': { color: 'var(--info-ink)', fontWeight: 'var(--weight-strong)' },
  '.cm-placeholder': { color: 'var(--ink-faint)' },
  '.cm-tooltip': {
    border: '0',
    borderRadius: 'var(--radius)',
    backgroundColor: 'var(--raised)',
    color: 'var(--ink)',
    boxShadow: 'var(--shadow)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--font-mono)',
    fontSize: 'var(--text-label)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px var(--space-2)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent-tint)',
    color: 'var(--ink)',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent-ink)' },
  '.cm-completionDetail': { color: 'var(--ink-faint)', fontStyle: 'normal', marginLeft: 'var(--space-3)' },
  '.cm-completionIcon': { display: 'none' },
  '.cm-panels': {
    backgroundColor: 'var(--sunken)',
    color: 'var(--ink)',
    fontSize: 'var(--text-label)',
    fontFamily: 'var(--font-text)',
  },
  '.cm-panels.cm-panels-bottom': { borderTop: 'var(--border)' },
  '.cm-panel.cm-search': { padding: 'var(--space-2) var(--space-8) var(--space-2) var(--space-3)' },
  '.cm-panel.cm-search input:not([type=checkbox])': {
    height: 'var(--control-small)',
    padding: '0 var(--space-2)',
    border: '1px solid var(--line-control)',
    borderRadius: 'var(--radius-small)',
    backgroundColor: 'var(--surface)',
    color: 'var(--ink)',
  },
  '.cm-button': {
    height: 'var(--control-small)',
    padding: '0 var(--space-2)',
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--radius-small)',
    backgroundImage: 'none',
    backgroundColor: 'var(--surface)',
    color: 'var(--ink)',
    cursor: 'pointer',
  },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--danger) 1px',
    textUnderlineOffset: '3px',
  },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--danger)' },
});

const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.keyword, color: 'var(--ink)', fontWeight: 'var(--weight-strong)' },
    { tag: [tags.string, tags.special(tags.string)], color: 'var(--success-ink)' },
    { tag: [tags.number, tags.bool, tags.null], color: 'var(--warning-ink)' },
    { tag: [tags.lineComment, tags.blockComment], color: 'var(--ink-faint)' },
    { tag: tags.operator, color: 'var(--ink-soft)' },
    { tag: [tags.typeName, tags.standard(tags.name)], color: 'var(--info-ink)' },
  ]),
);

function namespace(catalog: Catalog | undefined): SQLNamespace {
  const found: Record<string, Record<string, string[]> | string[]> = {};
  for (const table of catalog?.tables ?? []) {
    const columns = table.columns.map(({ name }) => name);
    if (table.schema === null) found[table.name] = columns;
    else {
      const schema = (found[table.schema] ??= {});
      if (!Array.isArray(schema)) schema[table.name] = columns;
    }
  }
  return found;
}

const OWN = /[@?]\w*/;

/** Offers the View's own words: identifiers after `@`, parameters after `?`. */
function own(words: () => Words): CompletionSource {
  return (context: CompletionContext): CompletionResult | null => {
    const before = context.matchBefore(OWN);
    if (!before) return null;
    const options = before.text.startsWith('@')
      ? words().fields.map(({ identifier, name }) => ({ label: identifier, detail: name }))
      : words().parameters.map((name) => ({ label: `?${name}?`, detail: 'parameter' }));
    return { from: before.from, options, validFor: /^[@?]\w*$/ };
  };
}

/** What the dialect offers is not offered within a word of the View: `@Unknown` must not become a keyword. */
function elsewhere(source: CompletionSource): CompletionSource {
  return (context) => (context.matchBefore(OWN) ? null : source(context));
}

function language(
  kind: ConnectionKind | undefined,
  catalog: Catalog | undefined,
  words: () => Words,
): Extension {
  const dialect = kind === 'postgresql' ? PostgreSQL : SQLite;
  const config = {
    dialect,
    schema: namespace(catalog),
    ...(kind === 'postgresql' ? { defaultSchema: 'public' } : {}),
  };
  return [
    sql(config),
    autocompletion({
      override: [
        own(words),
        elsewhere(schemaCompletionSource(config)),
        elsewhere(keywordCompletionSource(dialect)),
      ],
    }),
  ];
}

function nonce(): Extension {
  const value = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;
  return value ? EditorView.cspNonce.of(value) : [];
}

export function openEditor(parent: HTMLElement, options: Options): Editor {
  const dialect = new Compartment();
  const { words } = options;
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: options.text,
      // What is inserted before somebody has put the cursor anywhere comes at the end.
      selection: { anchor: options.text.length },
      extensions: [
        nonce(),
        lineNumbers(),
        history(),
        drawSelection(),
        bracketMatching(),
        highlightActiveLine(),
        highlightSelectionMatches(),
        search({ top: false }),
        EditorView.lineWrapping,
        placeholder(options.placeholder),
        viewWords,
        look,
        colours,
        dialect.of(language(undefined, undefined, words)),
        EditorState.readOnly.of(options.readOnly),
        EditorView.contentAttributes.of({
          tabindex: '0',
          'aria-labelledby': options.labelledBy,
          'aria-describedby': options.describedBy,
          ...(options.readOnly ? { 'aria-readonly': 'true' } : {}),
          spellcheck: 'false',
        }),
        keymap.of([
          {
            key: 'Mod-Enter',
            run: () => {
              options.onrun();
              return true;
            },
          },
          ...defaultKeymap,
          ...historyKeymap,
          ...searchKeymap,
          ...completionKeymap,
        ]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onchange(update.state.doc.toString());
        }),
      ],
    }),
  });

  return {
    text: () => view.state.doc.toString(),
    setText: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    setDialect: (kind, catalog) =>
      view.dispatch({ effects: dialect.reconfigure(language(kind, catalog, words)) }),
    setProblems: (problems) => view.dispatch(setDiagnostics(view.state, problems.flatMap(diagnostic))),
    insert: (text) => {
      view.dispatch(view.state.replaceSelection(text));
      view.focus();
    },
    focus: () => view.focus(),
    close: () => view.destroy(),
  };

  function diagnostic({ message, line }: QueryProblem): Diagnostic[] {
    if (line === null || line > view.state.doc.lines) return [];
    const { from, to } = view.state.doc.line(line);
    return [{ from, to, severity: 'error', message }];
  }
}
