// Dialogs that a list or a run opens now and then; loaded when the first of them is.

export { ConfirmDialog } from '@webreports/ui';
export { default as ParametersDialog } from './ParametersDialog.svelte';
export { default as RunDialog } from './RunDialog.svelte';
