// The confirmation by itself, for pages that ask for one now and then. (Imported from the design system's index as a
// whole, it would bring all of it along.)

export { ConfirmDialog } from '@webreports/ui';
