// Node runs TypeScript by itself, but for JSX. With this as `--import` it runs the whole source as it stands.
// It is JavaScript, so that a Node that is too old reads it, and says so.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// No types stand in that file, so every Node can read it.
await import(`data:text/javascript,${encodeURIComponent(read(new URL('../server/src/node.ts', import.meta.url)))}`)

// Installing anew removes it with what made it.
const cache = fileURLToPath(new URL('../node_modules/.cache/latchkey', import.meta.url))
module.enableCompileCache(join(cache, 'compiled'))

process.setSourceMapsEnabled(true)

const { keptLibraries } = await import('./libraries.ts')
const libraries = keptLibraries(cache)

module.registerHooks({
  resolve(name, context, next) {
    // A file of ours names its neighbours whole, so nothing has to be looked for.
    if (/^\.\.?\/.*\.tsx?$/.test(name) && context.parentURL?.startsWith('file:'))
      return { url: new URL(name, context.parentURL).href, format: 'module-typescript', shortCircuit: true }
    const url = context.parentURL?.includes('/node_modules/') ? undefined : libraries.get(name)
    return url === undefined ? next(name, context) : { url, format: 'module', shortCircuit: true }
  },
  load(url, context, next) {
    if (!url.endsWith('.tsx')) return next(url, context)
    return { format: 'module', source: withoutJsx(fileURLToPath(url)), shortCircuit: true }
  },
})

/** The JavaScript of a file, which is made once: each process of a test would make it for itself. */
function withoutJsx(sourcefile) {
  const text = read(sourcefile)
  const made = join(cache, `${createHash('sha256').update(sourcefile).update(text).digest('hex')}.js`)
  try {
    return read(made)
  } catch {
    const { transformSync } = createRequire(import.meta.url)('esbuild')
    const { code } = transformSync(text, { loader: 'tsx', jsx: 'automatic', sourcemap: 'inline', sourcefile })
    try {
      mkdirSync(cache, { recursive: true })
      writeFileSync(`${made}.${process.pid}`, code)
      renameSync(`${made}.${process.pid}`, made) // whole or not at all for other processes
    } catch {
      // A folder that is somebody else's, or full, costs time alone.
    }
    return code
  }
}

function read(path) {
  return readFileSync(path, 'utf8')
}
