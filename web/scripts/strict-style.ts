// The server's content security policy refuses style attributes. SvelteKit's own root component has one, on the element
// that tells a screen reader of a new page; ui/base.css gives that element the same look, so the attribute is taken out.

import type { Plugin } from 'vite';

export function strictStyle(): Plugin {
  return {
    name: 'webreports:strict-style',
    enforce: 'pre',
    transform(code, id) {
      if (!id.split('?')[0]!.endsWith('/generated/root.svelte')) return undefined;
      if (!code.includes('id="svelte-announcer"'))
        this.error('the announcer of SvelteKit is not where it was');
      return { code: code.replace(/(<div id="svelte-announcer"[^>]*?) style="[^"]*"/, '$1'), map: null };
    },
  };
}
