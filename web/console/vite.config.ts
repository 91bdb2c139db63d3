import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';
import { strictStyle } from '../scripts/strict-style';

// A few files that compress well, where the default makes sixty that don't. What a group's modules import goes with
// them unless a group of higher priority has it, so the order is from what all pages need to what some do.
const GROUPS = [
  {
    name: 'framework',
    test: /vite\/preload-helper|node_modules\/(svelte|@sveltejs\/kit|esm-env|clsx|devalue)\//,
  },
  {
    name: 'base',
    test: /(ui\/src\/(Button|CopyButton|ProblemNote|Empty|copy|problem|format)\.|lucide\/svelte\/dist\/\w+\.|icons\/(search-x|circle-alert|circle-check|circle-pause|circle-dashed|chevron-down|lock|check)\.|console\/src\/lib\/(okta|places|session\/session)|lib\/okta\/|lib\/frame\/(Logo|Unreached)\.)/,
  },
  {
    name: 'frame',
    test: /(ui\/src\/(AppFrame|NavigationList|RightsClock|ToastRegion|Menu|clock|toasts|preferences|navigation)\.|lib\/frame\/(Frame|navigation)\.)/,
  },
  {
    name: 'fields',
    test: /(ui\/src\/(Field|TextInput|PasswordInput|Select|Checkbox|Notice)\.|lib\/form\/(submission|leaving))/,
  },
  { name: 'dialog', test: /ui\/src\/(Dialog|ConfirmDialog|SecretOnce|leaving)\./ },
  {
    name: 'page',
    test: /(ui\/src\/(PageHeader|When|Badge|Panel)\.|lib\/(people\/people|log\/words)\.|icons\/(ban|hourglass|arrow-right)\.)/,
  },
  { name: 'list', test: /(ui\/src\/(DataTable|Skeleton)\.|src\/lib\/(SearchBox|address|list|PartHead)\.)/ },
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
  server: {
    port: 5174,
    // Everything of the org that is not this console's own pages.
    proxy: Object.fromEntries(
      ['/api', '/admin/api', '/login', '/.well-known', '/org-ca.pem'].map((path) => [
        path,
        'http://localhost:8081',
      ]),
    ),
  },
});
