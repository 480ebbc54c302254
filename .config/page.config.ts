/**
 * How the dashboard's page is built: from src/dashboard/page into dist/dashboard/page, where the server finds it.
 * No inline script and no inline style: the page lives under a content security policy that allows neither.
 */
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

const root = resolve(import.meta.dirname, '..');

export default defineConfig({
  root: resolve(root, 'src/dashboard/page'),
  base: './',
  cacheDir: resolve(root, '.cache/vite-page'),
  logLevel: 'warn',
  build: {
    outDir: resolve(root, 'dist/dashboard/page'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
  },
});
