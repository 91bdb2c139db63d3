// Asks before a page is left with something on it that would be lost, by a link within the application too.

import { beforeNavigate } from '$app/navigation';
import { beforeUnload } from './leaving';

/** Call while a component starts. `dirty` is asked at the moment of leaving, within the application and out of it. */
export function guardLeaving(dirty: () => boolean, question = 'Leave without saving what you typed?'): void {
  $effect(() => {
    if (dirty()) return beforeUnload();
  });
  beforeNavigate(({ cancel, willUnload, from, to }) => {
    const stays = from?.url.pathname === to?.url.pathname;
    if (!willUnload && !stays && dirty() && !confirm(question)) cancel();
  });
}
