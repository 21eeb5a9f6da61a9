import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { listFiles } from './source.ts'

const yaml = createRequire(import.meta.url)('js-yaml') as { load(text: string): unknown }
const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const listed = (endings: string[]) => listFiles(root, endings).map(path => relative(root, path))

/** The anchor that a heading has on the pages of the usual hosts. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-')

test('each link of a page leads to a file and a heading that exist', () => {
  const dead: string[] = []
  for (const page of listed(['.md']))
    for (const [, link = ''] of read(page).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)) {
      // Pages of help link pages of the server, which help.test.ts follows.
      if (link.startsWith('/') && /^(locales|docs\/administrators)\//.test(page)) continue
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : join(dirname(page), path)
      if (!existsSync(join(root, target))) dead.push(`${page}: ${link}`)
      else if (anchor !== undefined) {
        const headings = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))
        if (!headings.includes(anchor)) dead.push(`${page}: ${link}`)
      }
    }
  assert.deepEqual(dead, [])
})

/** The examples of a page: their language, their text, and why nothing runs them, where that is said. */
const examplesIn = (text: string) =>
  [...text.matchAll(/(?:<!-- not run: ([^\n]+) -->\n)?^ *```(.*)\n([\s\S]*?)^ *```$/gm)].map(
    ([, unrun, language = '', example = '']) => ({ unrun, language, example }),
  )

/** Where examples stand that are run elsewhere: those of HTTP by api/examples.test.ts, commands by cli/examples.test.ts. */
const RUN = { http: ['docs/api.md', 'docs/scim.md', 'docs/messages.md'], sh: ['docs/', 'README.md'] }

test('each example is run or read by a test, or says why not', () => {
  const found: Record<string, number> = {}
  const wrong: string[] = []
  for (const page of listed(['.md']).filter(path => path === 'README.md' || path.startsWith('docs/')))
    for (const { unrun, language, example } of examplesIn(read(page))) {
      const about = `${page}: ${example.split('\n')[0]}`
      found[language] = (found[language] ?? 0) + 1
      if (language === 'json') assert.doesNotThrow(() => JSON.parse(example), about)
      else if (language === 'yaml') assert.doesNotThrow(() => yaml.load(example), about)
      else if (language === 'ts' || language === 'js') assert.doesNotThrow(() => stripTypeScriptTypes(example), about)
      else if (language === 'http' && unrun) assert.doesNotThrow(() => JSON.parse(example.replace(/^.*\n/, '')), about)
      else if (language in RUN && RUN[language as 'sh'].some(run => page.startsWith(run))) continue
      else if (!unrun) wrong.push(about)
    }
  assert.deepEqual(wrong, [])
  for (const language of ['sh', 'http', 'json', 'yaml', 'ts', 'js']) assert.ok(found[language]! > 0, language)
})

test('the files to deploy by are what their kind is', () => {
  const files = listFiles(join(root, 'deploy'), ['.yaml', '.json', '.service']).filter(path => !/templates/.test(path))
  assert.ok(files.length >= 6)
  for (const path of files) {
    const text = readFileSync(path, 'utf8')
    if (path.endsWith('.json')) assert.doesNotThrow(() => JSON.parse(text), path)
    else if (path.endsWith('.yaml')) assert.doesNotThrow(() => yaml.load(text), path)
    else
      for (const line of text.split('\n'))
        assert.match(line, /^(|[#;].*|\[(Unit|Service|Install)\]|[A-Z]\w+=.*)$/, path)
  }
})

test('SECURITY.md names the tests of each lesson, and docs name each lesson beside its guard', () => {
  const tests: Record<string, string[]> = {}
  for (const path of listed(['.test.ts', '.test.tsx']))
    for (const lesson of new Set([...read(path).matchAll(/lesson (\d+): /g)].map(([, number = '']) => number)))
      tests[lesson] = [...(tests[lesson] ?? []), path].sort()
  const rows: Record<string, string[]> = {}
  for (const [, lesson = '', cell = ''] of read('SECURITY.md').matchAll(/^\| (\d+) \|.*\| (\[.*) \|$/gm))
    rows[lesson] = [...cell.matchAll(/\]\(([^)]+)\)/g)].map(([, path = '']) => path).sort()
  assert.deepEqual(rows, tests)
  const guards = listFiles(join(root, 'docs'), ['.md'])
    .map(path => readFileSync(path, 'utf8'))
    .join()
  for (const lesson of Object.keys(tests)) assert.match(guards, new RegExp(`lesson ${lesson}\\b`))
})

test('each test that a requirement of single sign-on, or a step of WebAuthn, names exists', () => {
  const missing: string[] = []
  for (const page of ['docs/single-sign-on.md', 'docs/passkeys.md'])
    for (const [, path = '', titles = ''] of read(page).matchAll(/\]\(([^)]+\.test\.ts)\): ("[^"]+"(?:, "[^"]+")*)/g)) {
      const named = [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title)
      const source = read(join(dirname(page), path))
      missing.push(...named.filter(title => !titlesOf(source).some(one => one.includes(title))))
    }
  assert.deepEqual(missing, [])
  const numbered = (page: string) =>
    [...read(page).matchAll(/^\| (\d+)(?:–(\d+))? \|.*"[^"]+" \|$/gm)].flatMap(([, from, to = from]) =>
      upTo(Number(from), Number(to)),
    )
  assert.deepEqual(numbered('docs/single-sign-on.md'), upTo(1, 31))
  assert.deepEqual(numbered('docs/passkeys.md'), [...upTo(1, 27), ...upTo(1, 25)])
})

const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

const titlesOf = (source: string) => [...source.matchAll(/\btest\(\s*['"`](.+?)['"`],/g)].map(([, title = '']) => title)

test('the page of the agent lists each code that it tells, and no other', () => {
  const told = new Set(
    listFiles(join(root, 'agent/src'), ['.ts'])
      .filter(path => !path.endsWith('.test.ts'))
      .flatMap(path => readFileSync(path, 'utf8').match(/\b3[1-4]_0\d\d\b/g) ?? [])
      .map(code => Number(code.replace('_', ''))),
  )
  const [, table = ''] = read('docs/writeback.md').split('## What the agent tells')
  const inTable = [...table.matchAll(/^\| ((?:\d{5}(?:, | to )?)+) \|/gm)].flatMap(([, codes = '']) =>
    codes.split(', ').flatMap(one => {
      const [from = 0, to = from] = one.split(' to ').map(Number)
      return Array.from({ length: to - from + 1 }, (_, n) => from + n)
    }),
  )
  assert.deepEqual(inTable.sort(), [...told].sort())
})
