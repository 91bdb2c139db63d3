// Asks before a page is left with something on it that would be lost.

import { beforeNavigate } from '$app/navigation';
import { beforeUnload } from '@webreports/ui/leaving';

/** Call while a component starts. `dirty` is asked at the moment of leaving, within the portal and out of it. */
export function guardLeaving(dirty: () => boolean, question = 'Leave without saving what you typed?'): void {
  $effect(() => {
    if (dirty()) return beforeUnload();
  });
  beforeNavigate(({ cancel, willUnload, from, to }) => {
    const stays = from?.url.pathname === to?.url.pathname;
    if (!willUnload && !stays && dirty() && !confirm(question)) cancel();
  });
}
