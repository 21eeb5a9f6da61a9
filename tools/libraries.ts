import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Libraries of many small files, by the ways in: to find and to read those files took half of a start. */
const libraries: Record<string, string[]> = {
  jose: ['.'],
  kysely: ['.', './migration'],
  'libphonenumber-js': ['./min'],
  'oidc-provider': ['.'],
  typebox: ['.', './value'],
}

const ways = Object.entries(libraries).flatMap(([library, paths]) => paths.map(path => join(library, path)))
const fileOf = (way: string) => (way in libraries ? `${way}/index` : way)

/** Writes each library as one file for each way in. */
function writeLibraries(folder: string): void {
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild')
  buildSync({
    entryPoints: ways.map(way => ({ in: way, out: fileOf(way) })),
    absWorkingDir: fileURLToPath(new URL('../server', import.meta.url)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    // CommonJS among them asks for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'warning',
  })
}

/** The URL of each library's file by its way in, made once for each installation and version of this file; none where they cannot be written. */
export function keptLibraries(cache: string): Map<string, string> {
  try {
    const made = createHash('sha256').update(readFileSync(import.meta.filename))
    made.update(readFileSync(new URL('../node_modules/.package-lock.json', import.meta.url)))
    const folder = join(cache, `libraries-${made.digest('hex').slice(0, 16)}`)
    if (!existsSync(folder)) keep(folder)
    return new Map(ways.map(way => [way, pathToFileURL(join(folder, `${fileOf(way)}.mjs`)).href]))
  } catch {
    return new Map() // a folder that is somebody else's, or full, costs time alone
  }
}

/** Whole or not at all for other processes. */
function keep(folder: string) {
  const made = `${folder}.${process.pid}`
  writeLibraries(made)
  try {
    renameSync(made, folder)
  } catch (error) {
    rmSync(made, { recursive: true })
    if (!existsSync(folder)) throw error
  }
}
