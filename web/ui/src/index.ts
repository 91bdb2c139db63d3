// Everything that an application takes from here. The grid is imported by its own path (`@webreports/ui/Grid.svelte`),
// so that a page without one does not load it.

export { default as AppFrame } from './AppFrame.svelte';
export { default as Badge, type Tone } from './Badge.svelte';
export { default as Button } from './Button.svelte';
export { default as Checkbox } from './Checkbox.svelte';
export { default as CheckLine, type CheckState } from './CheckLine.svelte';
export { default as Choices, type Choice } from './Choices.svelte';
export { default as CommandPalette } from './CommandPalette.svelte';
export { default as ConfirmDialog } from './ConfirmDialog.svelte';
export { default as CopyButton } from './CopyButton.svelte';
export { default as DataTable, type TableColumn } from './DataTable.svelte';
export { default as DateInput } from './DateInput.svelte';
export { default as Dialog } from './Dialog.svelte';
export { default as Empty } from './Empty.svelte';
export { default as Facts } from './Facts.svelte';
export { default as Field, type ControlAttributes, type FieldProps } from './Field.svelte';
export { default as KeysHelp } from './KeysHelp.svelte';
export { default as Menu, type MenuItem } from './Menu.svelte';
export { default as Notice } from './Notice.svelte';
export { default as NumberInput } from './NumberInput.svelte';
export { default as OfflineBar } from './OfflineBar.svelte';
export { default as PageHeader } from './PageHeader.svelte';
export { default as Panel } from './Panel.svelte';
export { default as PasswordInput } from './PasswordInput.svelte';
export { default as ProblemNote } from './ProblemNote.svelte';
export { default as RightsClock } from './RightsClock.svelte';
export { default as SecretOnce } from './SecretOnce.svelte';
export { default as Select, type Option } from './Select.svelte';
export { default as Skeleton } from './Skeleton.svelte';
export { default as Tabs, type Tab } from './Tabs.svelte';
export { default as TextInput } from './TextInput.svelte';
export { default as ToastRegion } from './ToastRegion.svelte';
export { default as Unreached } from './Unreached.svelte';
export { default as When } from './When.svelte';
export { clock } from './clock.svelte';
export { copyText } from './copy';
export { ago, bytes, count, duration, instantText } from './format';
export type { Icon } from './icon';
export { beforeUnload } from './leaving';
export { MoreOf, type Part } from './list.svelte';
export {
  frameKey,
  frameKeys,
  pageCommands,
  type Command,
  type KeyGroup,
  type KeyHelp,
  type NavigationEntry,
  type NavigationSection,
} from './navigation';
export { preferences } from './preferences.svelte';
export { isAbort, OFFLINE, ProblemError, problemOf, slugOf, type Problem } from './problem';
export { blank, sentence, Submission } from './submission.svelte';
export { toasts } from './toasts.svelte';
