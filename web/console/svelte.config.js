import adapter from '@sveltejs/adapter-static';

/** @type {import('@sveltejs/kit').Config} */
export default {
  kit: {
    adapter: adapter({ fallback: 'index.html', strict: false }),
    paths: { base: '/admin' },
    // The server owns the address bar and the headers; the start script of the page is allowed by its hash.
    output: { bundleStrategy: 'split' },
    version: { name: process.env.npm_package_version ?? '0', pollInterval: 0 },
  },
};
