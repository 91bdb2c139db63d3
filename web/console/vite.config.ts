import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';
import { strictStyle } from '../scripts/strict-style';

export default defineConfig({
  plugins: [strictStyle(), sveltekit()],
  // light-dark() and oklch() stay as written: both are in every browser that we promise.
  build: { cssTarget: ['chrome123', 'firefox128', 'safari18'] },
  server: { port: 5174, proxy: { '/api': 'http://localhost:8081' } },
});
