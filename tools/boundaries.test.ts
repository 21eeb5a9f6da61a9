// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the sources that are checked are strings here
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { checkBoundaries, foundations, mayImport } from './boundaries.ts'
import { findImports, readTokens } from './source.ts'

const made: string[] = []
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true })
})

function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'boundaries-'))
  made.push(root)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}

const failuresOf = (files: Record<string, string>) => checkBoundaries(tree(files)).failures

const sound: Record<string, string> = {
  'server/src/clock.ts': 'export const clock = 1',
  'server/src/crypto/index.ts': "import '../clock.ts'",
  'server/src/store/index.ts': "import './jobs.ts'\nimport '../crypto/index.ts'",
  'server/src/store/jobs.ts': "import { sql } from 'kysely'\nexport const all = sql`select 1`",
  'server/src/words/index.ts': "import en from '../../../locales/en/reset.json' with { type: 'json' }\nexport { en }",
  'server/src/pages/index.tsx': "export { en as Page } from '../words/index.ts'",
  'server/src/directory/index.ts': "export { find } from './queries.ts'",
  'server/src/directory/queries.ts': "import '../store/index.ts'\nimport type { Door } from './index.ts'",
  'server/src/reset/index.ts': "export { begin } from './begin.ts'",
  'server/src/reset/begin.ts': "import { find } from '../directory/index.ts'\nexport const begin = find",
  'server/src/challenges/challengePages.tsx': "import '../pages/index.tsx'",
  'server/src/reset/pages.tsx':
    "import { Page } from '../pages/index.tsx'\nimport '../challenges/challengePages.tsx'\nexport const x = <p>Don't `import</p>",
  'server/src/reset/routes.ts':
    "import './pages.tsx'\nimport '../reports/index.ts'\nimport { begin } from './index.ts'",
  'server/src/reset/begin.test.ts': "import '../testing/database.ts'\nimport '../app.ts'\nimport '../reports/index.ts'",
  'server/src/reports/index.ts': '',
  'server/src/testing/database.ts': "import '../store/index.ts'",
  'server/src/demo/index.ts': "import { begin } from '../reset/index.ts'",
  'server/src/app.ts': "import './reset/routes.ts'\nimport './demo/index.ts'\nimport './store/jobs.ts'",
  'server/src/app.test.ts': "import './app.ts'",
  'server/src/cli/index.ts': "import './serve.ts'",
  'server/src/cli/serve.ts': "import '../app.ts'\nimport '../demo/index.ts'",
  'protocol/src/index.ts': '',
  'agent/src/main.ts': "import '@latchkey/protocol'\nimport 'ldapts'",
}

test('a sound tree passes, and its files and imports are counted', () => {
  const found = checkBoundaries(tree(sound))
  assert.deepEqual(found, { failures: [], files: 23, imports: 31 })
})

test('each forbidden import is named with its file, line and reason', () => {
  // biome-ignore format: one case a line reads as the table that it is
  const cases: [file: string, source: string, failure: RegExp][] = [
    ['audit/a.ts', "\n\nimport { x } from '../reset/index.ts'", /^server\/src\/audit\/a\.ts:3 imports server\/src\/reset\/index\.ts: module audit may not import module reset$/],
    ['audit/a.ts', "import type { X } from '../reset/index.ts'", /module audit may not import module reset/],
    ['audit/a.ts', "export * from '../reset/index.ts'", /module audit may not import module reset/],
    ['audit/a.ts', "export const x = () => import('../reset/index.ts')", /module audit may not import module reset/],
    ['audit/a.ts', "type X = import('../reset/index.ts').X", /module audit may not import module reset/],
    ['audit/a.ts', "const x = `${await import('../reset/index.ts')}`", /module audit may not import module reset/],
    ['audit/a.ts', 'const x = import(name)', /:1 imports \(computed\): a computed import cannot be checked/],
    ['audit/a.ts', "import('../reset/' + name)", /:1 imports \(computed\)/],
    ['audit/a.ts', 'import(`@latchkey/${name}`)', /:1 imports \(computed\)/],
    ['audit/a.ts', "const n = `../${x}`\nimport(n)", /:2 imports \(computed\): a computed import cannot be checked/],
    ['reset/b.ts', "import '../directory/queries.ts'", /behind the public entry of module directory/],
    ['reset/routes.ts', "import '../directory/queries.ts'", /behind the public entry of module directory/],
    ['reset/b.test.ts', "import '../directory/queries.ts'", /behind the public entry of module directory/],
    ['reset/b.ts', "import './routes.ts'", /edge file is imported by app, main, cli/],
    ['reset/index.ts', "export { begin } from './pages.tsx'", /public entry does not re-export an edge file/],
    ['reports/api.ts', "import '../reset/pages.tsx'", /pages\.tsx is an edge file/],
    ['reset/b.ts', "import '../challenges/challengePages.tsx'", /challengePages\.tsx is an edge file/],
    ['config.ts', "import './reset/routes.ts'", /config may not import an edge file/],
    ['reset/b.ts', "import '../testing/database.ts'", /only test files may import testing/],
    ['main.ts', "import './testing/database.ts'", /only test files may import testing/],
    ['reset/b.ts', "import '../app.ts'", /no module may import it/],
    ['reset/b.ts', "import '../cli/serve.ts'", /no module may import it/],
    ['reset/b.ts', "import './begin.test.ts'", /a test file is imported by nobody/],
    ['reset/routes.ts', "import '../demo/index.ts'", /only app and cli may import module demo/],
    ['main.ts', "import './demo/index.ts'", /only app and cli may import module demo/],
    ['reset/b.ts', "import '../pages/index.tsx'", /module reset may not import module pages/],
    ['store/b.ts', "import '../directory/index.ts'", /module store may not import module directory/],
    ['clock.ts', "import './reports/index.ts'", /module clock may not import module reports/],
    ['reset/api.ts', "import '../../../agent/src/index.ts'", /agent is deployed apart/],
    ['reset/b.ts', "import '../../../tools/x.ts'", /outside the modules/],
    ['reset/b.ts', "import '../../../locales/en/reset.json'", /outside the modules/],
    ['../../agent/src/x.ts', "import '../../server/src/reset/index.ts'", /module agent may not import module reset/],
    ['reset/api.ts', "import type { Kysely } from 'kysely'", /api\.ts:1 imports kysely: an edge file holds no SQL/],
    ['reset/api.ts', "const x = (trx) =>\n trx.selectFrom('users')", /api\.ts:2 uses selectFrom: an edge file holds no SQL/],
    ['reset/api.ts', 'const x = sql`delete from users`', /api\.ts:1 uses sql: an edge file holds no SQL/],
    ['misc/index.ts', '', /^server\/src\/misc\/index\.ts:1 belongs to misc, which is no module/],
  ]
  for (const [file, source, failure] of cases) {
    const found = failuresOf({ ...sound, [`server/src/${file}`]: source })
    // Replacing a file of the sound tree may take away what others need, but never adds a failure of its own.
    assert.equal(found.length, 1, `${file}: ${source}\n${found.join('\n')}`)
    assert.match(found[0]!, failure)
  }
})

test('a public entry exports what other modules name, and nothing else', () => {
  const door = (source: string, more = {}) => failuresOf({ ...sound, 'server/src/reset/index.ts': source, ...more })
  const begin = "export { begin } from './begin.ts'"
  assert.deepEqual(door(begin), [])
  assert.deepEqual(door(`${begin}\nexport { begin as go, type Left } from './begin.ts'`), [
    'server/src/reset/index.ts:2 exports go: name in a public entry what other modules use',
    'server/src/reset/index.ts:2 exports Left: name in a public entry what other modules use',
  ])
  assert.match(door("export * from './begin.ts'")[0]!, /exports \*/)
  // What the module's own files and a module that does not import it say is no use of it.
  const unused = { 'server/src/demo/index.ts': "import '../reset/index.ts'", 'server/src/reports/index.ts': 'begin()' }
  assert.match(door(begin, unused)[0]!, /index\.ts:1 exports begin/)
  const command = "const on = await import('../reset/index.ts')\non.begin()"
  assert.deepEqual(door(begin, { ...unused, 'server/src/cli/command.ts': command }), [])
})

test('a circle of files fails where values meet, and not where only types do', () => {
  const circle = {
    'server/src/audit/a.ts': "import { b } from './b.ts'",
    'server/src/audit/b.ts': "\nexport { c } from './c.ts'",
    'server/src/audit/c.ts': "import { type A } from './a.ts'",
  }
  assert.deepEqual(failuresOf(circle), [
    'server/src/audit/c.ts:1 imports server/src/audit/a.ts: circle of files ' +
      'server/src/audit/a.ts → server/src/audit/b.ts → server/src/audit/c.ts → server/src/audit/a.ts',
  ])
  assert.deepEqual(failuresOf({ ...circle, 'server/src/audit/c.ts': "import type { A } from './a.ts'" }), [])
  assert.equal(failuresOf({ 'server/src/audit/a.ts': "import './a.ts'" }).length, 1)
})

test('a long file says in its head why, and a tree without files fails', () => {
  const long = (head: string) => ({ 'server/src/audit/a.ts': `${head}\n${'x()\n'.repeat(400)}` })
  assert.match(failuresOf(long('// The list of events.'))[0]!, /a\.ts:1 has 401 lines/)
  assert.match(failuresOf(long("const a = 'a long story'"))[0]!, /a\.ts:1 has 401 lines/)
  assert.deepEqual(failuresOf(long('// It is long because it lists every event.')), [])
  assert.deepEqual(failuresOf({ 'server/src/audit/a.ts': 'x()\n'.repeat(400) }), [])
  assert.match(failuresOf({ 'tools/a.ts': '' })[0]!, /no file was read/)
})

test('imports are found whatever surrounds them', () => {
  const read = (source: string) =>
    findImports(readTokens(source)).map(
      ({ specifier, typeOnly, line }) => `${line} ${specifier}${typeOnly ? ' (type)' : ''}`,
    )
  const source = [
    "import a, { b as c, type D } from './1.ts'",
    "import type E from './2.ts'; import * as f from './3.ts'",
    "// import './no.ts'",
    "/* import './no.ts' */ import './4.ts'",
    "const text = \"import './no.ts'\", other = 'import \"./no.ts\"', quote = /['\"`]/.test(`\\`import './no.ts'`)",
    'export { g }',
    "export {\n  h,\n} from './5.ts'",
    "export type { I } from './6.ts'",
    "export type J = import('./7.ts').J",
    "const k = await import('./8.ts').then(l => l), m = typeof import('./9.ts')",
    "const n = `${`${require('./10.ts')}`}`, o = object.import('./no.ts'), p = import.meta.dirname",
    "const q = <p title='a'>Don't / `stop` // here {r}</p>",
    "export * as s from './11.ts'",
    "import type from './12.ts'",
    'export const t = 1 / 2 /* / */ / 3',
    "export default import('./13.ts')",
    'const u = `@part/${v}`; void import(u).catch(() => import(`@part/${v}`))',
  ]
  assert.deepEqual(read(source.join('\n')), [
    ...['1 ./1.ts', '2 ./2.ts (type)', '2 ./3.ts', '4 ./4.ts', '7 ./5.ts', '10 ./6.ts (type)', '11 ./7.ts (type)'],
    ...[
      '12 ./8.ts',
      '12 ./9.ts (type)',
      '13 ./10.ts',
      '15 ./11.ts',
      '16 ./12.ts',
      '18 ./13.ts',
      '19 @part/',
      '19 @part/',
    ],
  ])
})

test('the table itself is complete and without circles', () => {
  const all: Record<string, string[]> = { ...mayImport, ...foundations }
  const depth = (module: string, path: string[]): void => {
    assert.ok(all[module], `${module} is not in the table`)
    assert.ok(!path.includes(module), `${[...path, module].join(' → ')}`)
    for (const next of all[module]) depth(next, [...path, module])
  }
  for (const module of Object.keys(all)) depth(module, [])
})

test('the command prints each failure and its count, and fails', () => {
  const root = tree({ 'server/src/audit/a.ts': "import '../reset/index.ts'" })
  for (const name of ['boundaries.ts', 'source.ts']) {
    cpSync(join(import.meta.dirname, name), join(root, 'tools', name))
  }
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
  const run = spawnSync(process.execPath, [join(root, 'tools/boundaries.ts')], { encoding: 'utf8' })
  assert.equal(run.status, 1)
  assert.match(run.stderr, /^server\/src\/audit\/a\.ts:1 imports /)
  assert.match(run.stdout, /boundaries: 3 files and \d+ imports read, 1 failures\n$/)
})
