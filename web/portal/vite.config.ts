import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';
import { strictStyle } from '../scripts/strict-style';

// A few files that compress well, where the default makes forty that don't. What a group's modules import goes with
// them unless a group of higher priority has it, so the order is from what all pages need to what some do.
const GROUPS = [
  {
    name: 'framework',
    test: /vite\/preload-helper|node_modules\/(svelte|@sveltejs\/kit|esm-env|clsx|devalue|openapi-fetch)\//,
  },
  {
    name: 'base',
    test: /(ui\/src\/(Button|CopyButton|ProblemNote|Empty|copy|problem|format)\.|lucide\/svelte\/dist\/\w+\.|icons\/(search-x|circle-alert|chevron-down)\.|portal\/src\/lib\/(api|session)\/[a-z.]+\.ts|lib\/frame\/Logo)/,
  },
  {
    name: 'frame',
    test: /(ui\/src\/(AppFrame|NavigationList|RightsClock|ToastRegion|Menu|clock|toasts|preferences|navigation)\.|lib\/frame\/(Frame|activity)\.|lib\/session\/navigation)/,
  },
  {
    name: 'fields',
    test: /(ui\/src\/(Field|TextInput|PasswordInput|Select|Notice|Checkbox)\.|icons\/(circle-question-mark|circle-x|circle-check)\.)/,
  },
  {
    name: 'page',
    test: /(ui\/src\/(PageHeader|When|Badge|Panel)\.|icons\/(plus|trash[-\w]*|pencil|download)\.)/,
  },
  { name: 'form', test: /(ui\/src\/leaving\.|src\/lib\/(form\/(submission|leaving)|everything|address)\.)/ },
  { name: 'list', test: /(ui\/src\/(DataTable|Skeleton)\.|src\/lib\/(SearchBox|list\.svelte)\.)/ },
  { name: 'inputs', test: /(ui\/src\/(NumberInput|DateInput)\.|src\/lib\/views\/types)/ },
];

export default defineConfig({
  plugins: [strictStyle(), sveltekit()],
  build: {
    // light-dark() and oklch() stay as written: both are in every browser that we promise.
    cssTarget: ['chrome123', 'firefox128', 'safari18'],
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: GROUPS.map((group, index) => ({ ...group, priority: GROUPS.length - index })),
        },
      },
    },
  },
  server: { port: 5173, proxy: { '/api': 'http://localhost:8080' } },
});
