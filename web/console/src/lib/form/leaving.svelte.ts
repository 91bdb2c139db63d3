// Asks before a page or a value is left that would be lost.

import { beforeNavigate } from '$app/navigation';
import { beforeUnload } from '@webreports/ui/leaving';

/** Call while a component starts. `dirty` is asked at the moment of leaving, within the console and out of it. */
export function guardLeaving(dirty: () => boolean, question = 'Leave without saving what you typed?'): void {
  $effect(() => {
    if (dirty()) return beforeUnload();
  });
  beforeNavigate(({ cancel, willUnload }) => {
    if (!willUnload && dirty() && !confirm(question)) cancel();
  });
}
