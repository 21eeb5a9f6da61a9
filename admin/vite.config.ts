import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

const compress = promisify(brotliCompress)

/** Compresses each file once, at the quality that no server has the time for. */
const compressed = (): Plugin => ({
  name: 'compressed',
  async writeBundle({ dir = '' }) {
    const assets = join(dir, 'assets')
    const write = async (name: string) =>
      writeFile(join(assets, `${name}.br`), await compress(await readFile(join(assets, name))))
    await Promise.all((await readdir(assets)).map(write))
  },
})

export default defineConfig({
  root: import.meta.dirname,
  base: '/admin/',
  // Fluent writes its styles into elements that the policy allows by this value, which the server chooses for each answer.
  html: { cspNonce: '__NONCE__' },
  plugins: [compressed()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    // The server names what it has loaded by the manifest, and tests weigh the first load by it.
    manifest: true,
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      // Fluent marks its files for servers that render React; here all of it runs in the browser.
      onLog: (level, log, handle) => log.code === 'MODULE_LEVEL_DIRECTIVE' || handle(level, log),
      input: [join(import.meta.dirname, 'index.html'), join(import.meta.dirname, 'callback.html')],
    },
  },
})
