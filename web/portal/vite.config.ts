import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';
import { strictStyle } from '../scripts/strict-style';

const FRAMEWORK = /node_modules\/(svelte|@sveltejs\/kit|esm-env|clsx|devalue|openapi-fetch)\//;
const BASE =
  /(ui\/src\/(Button|CopyButton|ProblemNote|copy|problem|format)\.|lucide\/svelte\/dist\/\w+\.|src\/lib\/(api|session)\/[a-z.]+\.ts)/;
const LIST =
  /(ui\/src\/(DataTable|Skeleton|Checkbox|PageHeader|When|Badge|clock)\.|src\/lib\/(SearchBox|address)\.)/;
const FIELDS = /ui\/src\/(Dialog|Field|TextInput|PasswordInput|Select|Notice)\./;

export default defineConfig({
  plugins: [strictStyle(), sveltekit()],
  build: {
    // light-dark() and oklch() stay as written: both are in every browser that we promise.
    cssTarget: ['chrome123', 'firefox128', 'safari18'],
    rolldownOptions: {
      output: {
        // A few files that compress well, where the default makes forty that don't.
        codeSplitting: {
          groups: [
            { name: 'framework', test: FRAMEWORK, priority: 3 },
            { name: 'base', test: BASE, priority: 2 },
            { name: 'list', test: LIST, priority: 1 },
            { name: 'fields', test: FIELDS, priority: 1 },
          ],
        },
      },
    },
  },
  server: { port: 5173, proxy: { '/api': 'http://localhost:8080' } },
});
