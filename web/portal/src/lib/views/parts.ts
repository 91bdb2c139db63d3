// Parts of the View editor that stand below the query; loaded beside the page's data.

export { default as ColumnRows } from './ColumnRows.svelte';
export { default as ParameterRows } from './ParameterRows.svelte';
export { default as PreviewPanel } from './PreviewPanel.svelte';
export { default as VersionsPanel } from './VersionsPanel.svelte';
