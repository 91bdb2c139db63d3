// Dialogs that a list of Management opens now and then; loaded when the first of them is.

export { ConfirmDialog } from '@webreports/ui';
export { default as AssignDialog } from './AssignDialog.svelte';
export { default as FieldDialog } from './FieldDialog.svelte';
