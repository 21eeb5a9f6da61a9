import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'
import { firstWords } from './src/firstWords.ts'
import { themeSheet } from './theme.ts'

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

/** What the first script asks for next, and what Home is: they travel while the first script runs. */
const NEXT = ['src/application.tsx', 'src/features/home/HomePage.tsx']

/** The files that modules need before they can run, by the first file of each: what is asked for later is not among them. */
const needed = new Map<string, ReadonlySet<string>>()

/** Whether one of these first files needs a file; they themselves stay as they are, or the others would wait for them. */
const isNeededBy =
  (...firsts: string[]) =>
  (id: string) =>
    firsts.some(first => needed.get(first)?.has(id)) && !['src/main.tsx', ...NEXT].some(first => id.endsWith(first))

/** Names of a module; undefined: all of them. */
type Names = ReadonlySet<string> | undefined

/** A statement that brings or gives names, as far as it is read here. */
interface Passing {
  type: string
  source?: { value: string } | null
  declaration?: unknown
  specifiers?: { imported?: { name: string }; local: { name: string }; exported?: { name: string } }[]
}

/** Whether a module does nothing but pass on the names of others. */
const passesOn = (own: readonly Passing[]) =>
  own.every(one => one.source || 'directive' in one || (one.type === 'ExportNamedDeclaration' && !one.declaration))

/** The names that a module takes by a statement, where it is asked for these; it gives some of them by other statements. */
function takenBy({ type, specifiers = [] }: Passing, own: readonly Passing[], asked: Names): Names {
  if (type === 'ExportAllDeclaration') return asked
  const given = own.filter(({ source }) => !source).flatMap(({ specifiers = [] }) => specifiers)
  const isAsked = (one: (typeof specifiers)[number]): boolean =>
    !asked ||
    (one.exported
      ? asked.has(one.exported.name)
      : given.some(({ local, exported }) => local.name === one.local.name && asked.has(exported!.name)))
  const taken = specifiers.filter(isAsked)
  // A whole library under one name: which of its names are used is not read here.
  if (taken.some(one => one.imported === undefined && one.exported === undefined)) return undefined
  return new Set(taken.map(({ imported, local }) => (imported ?? local).name))
}

/**
 * Finds what the parts of the first load need, so that each comes as one file: sixty cost a slow processor a second.
 * Of a module that passes on the names of a library, only the names count that are asked of it.
 */
const parts = (): Plugin => ({
  name: 'parts',
  async buildEnd() {
    const read = new Map<string, Passing[]>()
    for (const first of ['src/main.tsx', ...NEXT]) {
      const found = new Set<string>()
      const seen = new Set<string>()
      const add = async (id: string, asked: Names): Promise<void> => {
        const code = this.getModuleInfo(id)?.code
        const own = read.get(id) ?? (code ? (this.parse(code).body as unknown as Passing[]) : [])
        read.set(id, own)
        const passed = passesOn(own) ? asked : undefined
        const key = `${id} ${passed && [...passed].sort()}`
        if (seen.has(key)) return
        seen.add(key)
        found.add(id)
        for (const one of own) {
          if (!one.source) continue
          const taken = takenBy(one, own, passed)
          if (taken?.size === 0 && one.specifiers?.length !== 0) continue
          const next = await this.resolve(one.source.value, id)
          if (next) await add(next.id, taken)
        }
      }
      await add(join(import.meta.dirname, first), undefined)
      needed.set(first, found)
    }
  },
})

const locales = join(import.meta.dirname, '../locales')

/** Makes two files of each language's words: those of Home and the frame, and those of all other pages. */
const words = (): Plugin => ({
  name: 'words',
  resolveId: id => (id.startsWith('words:') ? `\0${id}` : null),
  async load(id) {
    const [, language, part] = /^\0words:(\w+)\/(first|rest)$/.exec(id) ?? []
    if (language === undefined) return null
    const folder = join(locales, language, 'admin')
    const names = (await readdir(folder)).map(file => file.replace('.json', ''))
    const some = names.filter(name => firstWords.includes(name) === (part === 'first'))
    const imports = some.map(name => `import ${name} from ${JSON.stringify(join(folder, `${name}.json`))}`)
    return [...imports, `export default { ${some.join()} }`].join('\n')
  },
})

/** Writes the theme as a style sheet. */
const theme = (): Plugin => ({
  name: 'theme',
  resolveId: id => (id === 'theme:sheet.css' ? `\0${id}` : null),
  load: id => (id === '\0theme:sheet.css' ? themeSheet() : null),
})

/** Names the scripts that come next in the page, so that the browser reads them before the first script asks. */
const ahead = (): Plugin => ({
  name: 'ahead',
  transformIndexHtml: {
    order: 'post',
    handler(html, { bundle = {}, filename }) {
      if (!filename.endsWith('index.html')) return
      const next = Object.values(bundle).filter(
        one => one.type === 'chunk' && NEXT.some(first => one.facadeModuleId?.endsWith(first)),
      )
      const files = new Set(next.flatMap(one => (one.type === 'chunk' ? [one.fileName, ...one.imports] : [])))
      return [...files]
        .filter(file => !html.includes(file))
        .map(file => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', crossorigin: true, href: `/admin/${file}` },
          injectTo: 'head' as const,
        }))
    },
  },
})

export default defineConfig({
  root: import.meta.dirname,
  base: '/admin/',
  // Fluent writes its styles into elements that the policy allows by this value, which the server chooses for each answer.
  html: { cspNonce: '__NONCE__' },
  // Icons without Fluent's styles, which the first load does without.
  resolve: {
    alias: [
      {
        find: /^\.\.\/utils\/createFluentIcon$/,
        replacement: join(import.meta.dirname, 'src/parts/createFluentIcon.tsx'),
      },
    ],
  },
  plugins: [words(), theme(), parts(), ahead(), compressed()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    // The server names what it has loaded by the manifest, and tests weigh the first load by it.
    manifest: true,
    chunkSizeWarningLimit: 1_000,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // Fluent marks its files for servers that render React; here all of it runs in the browser.
      onLog: (level, log, handle) => log.code === 'MODULE_LEVEL_DIRECTIVE' || handle(level, log),
      output: {
        codeSplitting: {
          groups: [
            // The page that sign-in leads back to needs these few names, and nothing else of the first script.
            { name: 'names', test: /api[\\/]callback\.ts$/, priority: 3 },
            { name: 'begin', test: isNeededBy('src/main.tsx'), priority: 2 },
            { name: 'library', test: isNeededBy(...NEXT), priority: 1 },
            // What the other pages need of the library of parts; the charts come alone.
            {
              name: 'parts',
              test: /node_modules[\\/](@fluentui[\\/](?!react-charts|chart-)|tabster|@floating-ui)/,
              priority: 0,
            },
          ],
        },
      },
      input: [join(import.meta.dirname, 'index.html'), join(import.meta.dirname, 'callback.html')],
    },
  },
})
