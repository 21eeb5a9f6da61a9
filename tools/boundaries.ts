// A long file: the table of the modules, and the one reading of every import against it.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, resolve, sep } from 'node:path'
import { findImports, type Import, listFiles, readTokens, type Token } from './source.ts'

/** Which module may import which, besides the foundations below. A module that is not listed here cannot exist. */
export const mayImport: Record<string, string[]> = {
  audit: [],
  protocol: [],
  targets: [],
  words: ['protocol'],
  captcha: ['protocol'],
  policies: ['audit'],
  directory: ['audit', 'policies'],
  applications: ['audit', 'directory', 'policies', 'words'],
  limits: ['audit', 'directory', 'policies'],
  sessions: ['audit', 'directory', 'policies'],
  notifications: ['applications', 'audit', 'directory', 'limits', 'policies', 'words'],
  passkeys: [],
  methods: ['audit', 'directory', 'limits', 'notifications', 'passkeys', 'policies', 'words'],
  challenges: ['audit', 'directory', 'limits', 'methods', 'notifications', 'passkeys', 'policies', 'words'],
  receipts: ['audit', 'directory', 'methods', 'notifications'],
  passwords: ['audit', 'directory', 'limits', 'notifications', 'policies', 'words'],
  writeback: ['audit', 'directory', 'limits', 'methods', 'passwords', 'policies', 'protocol'],
  registration: [
    'audit',
    'challenges',
    'directory',
    'limits',
    'methods',
    'notifications',
    'passkeys',
    'passwords',
    'policies',
    'sessions',
  ],
  readiness: ['directory', 'limits', 'methods', 'notifications', 'passwords', 'policies'],
  reset: [
    'audit',
    'captcha',
    'challenges',
    'directory',
    'limits',
    'methods',
    'notifications',
    'passwords',
    'policies',
    'readiness',
    'registration',
    'sessions',
    'signin',
  ],
  account: [
    'applications',
    'audit',
    'directory',
    'limits',
    'methods',
    'notifications',
    'oidc',
    'passwords',
    'policies',
    'registration',
    'sessions',
  ],
  mailboxes: ['audit', 'challenges', 'directory', 'limits', 'notifications', 'words'],
  assistant: ['audit', 'directory', 'limits', 'notifications', 'reset', 'sessions', 'workAccounts'],
  callers: ['audit', 'directory', 'methods', 'notifications'],
  cases: [
    'assistant',
    'audit',
    'callers',
    'captcha',
    'challenges',
    'directory',
    'limits',
    'mailboxes',
    'methods',
    'notifications',
    'sessions',
  ],
  takeovers: [
    'applications',
    'audit',
    'captcha',
    'cases',
    'challenges',
    'directory',
    'limits',
    'links',
    'mailboxes',
    'methods',
    'notifications',
    'organization',
    'passkeys',
    'passwords',
    'registration',
    'sessions',
    'signup',
  ],
  rescues: [
    'audit',
    'captcha',
    'cases',
    'challenges',
    'directory',
    'links',
    'mailboxes',
    'methods',
    'notifications',
    'partners',
    'passkeys',
    'passwords',
    'relationships',
    'sessions',
    'signup',
    'takeovers',
  ],
  onboarding: ['audit', 'captcha', 'directory', 'mailboxes', 'notifications', 'sessions'],
  links: [
    'audit',
    'callers',
    'cases',
    'directory',
    'mailboxes',
    'notifications',
    'onboarding',
    'reset',
    'signup',
    'verification',
    'workAccounts',
  ],
  workAccounts: ['directory', 'mailboxes', 'notifications'],
  signup: [
    'audit',
    'captcha',
    'challenges',
    'directory',
    'mailboxes',
    'methods',
    'notifications',
    'onboarding',
    'partners',
    'passwords',
    'policies',
    'registration',
    'relationships',
    'sessions',
  ],
  tenants: ['audit', 'directory', 'notifications', 'sessions'],
  support: ['audit', 'directory', 'words'],
  help: ['oidc', 'readiness', 'words'],
  administration: [
    'applications',
    'audit',
    'callers',
    'cases',
    'challenges',
    'directory',
    'limits',
    'links',
    'methods',
    'notifications',
    'passwords',
    'policies',
    'readiness',
    'registration',
    'sessions',
  ],
  personalData: ['audit', 'directory', 'methods', 'words'],
  synchronization: [
    'administration',
    'audit',
    'directory',
    'methods',
    'notifications',
    'passwords',
    'policies',
    'protocol',
  ],
  organization: ['administration', 'audit', 'directory', 'methods', 'notifications', 'sessions', 'targets', 'words'],
  branding: ['administration', 'audit', 'directory', 'notifications', 'organization', 'policies', 'sessions', 'words'],
  deviceCodes: ['captcha', 'directory'],
  signin: [
    'applications',
    'audit',
    'deviceCodes',
    'directory',
    'limits',
    'methods',
    'notifications',
    'passkeys',
    'passwords',
    'policies',
    'registration',
    'sessions',
  ],
  oidc: [
    'applications',
    'audit',
    'deviceCodes',
    'directory',
    'partners',
    'policies',
    'relationships',
    'sessions',
    'targets',
    'words',
  ],
  webhooks: ['applications', 'audit', 'directory', 'odata', 'targets'],
  partners: ['audit', 'directory', 'policies'],
  verification: ['audit', 'captcha', 'directory', 'notifications', 'partners'],
  relationships: ['applications', 'audit', 'directory', 'notifications', 'partners', 'policies', 'sessions'],
  reports: ['audit', 'directory', 'limits', 'policies', 'readiness'],
  api: ['audit', 'captcha', 'http', 'oidc', 'words'],
  bulk: ['administration', 'api', 'applications', 'audit', 'directory', 'passwords', 'relationships', 'reports'],
  scim: ['administration', 'api', 'applications', 'audit', 'directory', 'http', 'oidc', 'words'],
  http: [
    'audit',
    'captcha',
    'directory',
    'notifications',
    'organization',
    'pages',
    'passkeys',
    'passwords',
    'protocol',
    'sessions',
    'targets',
    'words',
    'writeback',
  ],
  pages: ['words'],
  admin: ['protocol'],
  agent: ['protocol'],
}

/** What every module of the server may import, and what these may import themselves. They have no edge files. */
export const foundations: Record<string, string[]> = {
  clock: [],
  crypto: ['clock'],
  store: ['clock', 'crypto', 'traces'],
  traces: [],
  typing: [],
  stack: ['clock'],
  typos: [],
  refusals: [],
  access: ['clock', 'refusals', 'store'],
  act: ['access', 'crypto'],
  odata: ['access', 'clock', 'crypto', 'refusals', 'store'],
}

// The assembly of the modules: files, and folders whose files count as one.
const assembly = ['main', 'app', 'cli', 'config', 'ending', 'node', 'resources', 'runtime', 'settings']
const importsEdges = ['main', 'app', 'cli', 'resources', 'runtime']
const importsDemo = ['app', 'cli']
// These are packages of their own, beside the server; each counts as one module.
const deployedApart = ['admin', 'agent']
const packages = ['protocol', ...deployedApart]
const edgeFile = /^(routes\.tsx?|pages\.tsx|[a-z][A-Za-z]*Pages\.tsx|wire\.ts|api\.ts|[a-z][A-Za-z]*Api\.ts|jobs\.ts)$/
const testFile = /\.test\.tsx?$/
const longFile = 400

/** Edge files that other modules' edge files may import too: what several journeys show. */
const sharedEdges = [
  'server/src/assistant/wire.ts',
  'server/src/captcha/captchaPages.tsx',
  'server/src/challenges/challengePages.tsx',
  'server/src/challenges/wire.ts',
  'server/src/mailboxes/mailboxPages.tsx',
  'server/src/mailboxes/wire.ts',
  'server/src/organization/recordPages.tsx',
  'server/src/organization/wire.ts',
  'server/src/support/contactPages.tsx',
  'server/src/support/wire.ts',
]

/** The module of a file, and its role there. */
interface Place {
  module: string
  role: 'entry' | 'edge' | 'inner' | 'test' | 'assembly' | 'outside'
}

/** What a check found. */
export interface Findings {
  failures: string[]
  files: number
  imports: number
}

/**
 * Reads every TypeScript file of the repository at `root` and judges its imports, circles of files and lengths.
 * Each failure is one line that begins with `file:line`.
 */
export function checkBoundaries(root: string): Findings {
  const folders = ['server/src', ...packages, 'tools', 'e2e', 'bench']
  // What a tool wrote declares the public interface, and imports nothing.
  const isWritten = (path: string) => path.endsWith('.d.ts')
  const files = folders.flatMap(folder =>
    listFiles(join(root, folder), ['.ts', '.tsx']).filter(path => !isWritten(path)),
  )
  const failures: string[] = []
  const links = new Map<string, Link[]>()
  const readings: Reading[] = []
  let imports = 0
  for (const path of files) {
    const file = asName(relative(root, path))
    const source = readFileSync(path, 'utf8')
    const tokens = readTokens(source)
    const found = findImports(tokens)
    imports += found.length
    failures.push(...checkPlace(file), ...checkLength(file, source), ...checkSql(file, tokens, found))
    links.set(file, [])
    const reading: Reading = { file, tokens, targets: new Set() }
    readings.push(reading)
    for (const one of found) {
      const target = resolveImport(root, file, one)
      if (target !== undefined) reading.targets.add(target)
      const reason = judge(file, target, one)
      if (reason !== undefined) failures.push(`${file}:${one.line} imports ${target ?? '(computed)'}: ${reason}`)
      if (target !== undefined && !one.typeOnly) links.get(file)!.push({ target, line: one.line })
    }
  }
  failures.push(...findCircles(links), ...checkDoors(readings))
  if (!files.some(path => asName(relative(root, path)).startsWith('server/src/'))) {
    failures.push('server/src:1 no file was read, so nothing was checked')
  }
  return { failures, files: files.length, imports }
}

/** A file that was read, and the files that it imports. */
interface Reading {
  file: string
  tokens: Token[]
  targets: Set<string>
}

/** Finds what a public entry exports and no other module names: it would seem to be needed where it is not. */
function checkDoors(readings: readonly Reading[]): string[] {
  const others = readings.map(({ file, tokens, targets }) => ({
    module: placeOf(file).module,
    targets,
    words: new Set(tokens.map(({ text }) => text)),
  }))
  return readings
    .filter(({ file }) => /^server\/src\/\w+\/index\.tsx?$/.test(file) && placeOf(file).role === 'entry')
    .flatMap(({ file, tokens }) => {
      const door = placeOf(file).module
      // Commands load whole modules, and name what they use of them.
      const users = others.filter(({ module, targets }) => module !== door && (targets.has(file) || module === 'cli'))
      return exportsOf(tokens)
        .filter(({ text }) => text === '*' || !users.some(({ words }) => words.has(text)))
        .map(({ text, line }) => `${file}:${line} exports ${text}: name in a public entry what other modules use`)
    })
}

/** The names in the lists that a file exports; a star where it exports whole files. */
function exportsOf(tokens: readonly Token[]): Token[] {
  return tokens.flatMap(({ kind, text }, at) => {
    if (kind !== 'word' || text !== 'export') return []
    const list = tokens[at + 1]?.text === 'type' ? at + 2 : at + 1
    if (tokens[list]?.text === '*') return [tokens[list]]
    if (tokens[list]?.text !== '{') return []
    const end = tokens.findIndex((token, place) => place > list && token.text === '}')
    return tokens.slice(list + 1, end).filter(({ kind }, place, names) => {
      const next = names[place + 1]
      return kind === 'word' && (next === undefined || next.text === ',')
    })
  })
}

function checkPlace(file: string): string[] {
  const { module, role } = placeOf(file)
  if (role === 'outside' || role === 'assembly' || role === 'test') return []
  if (module === 'testing' || module === 'demo') return []
  if (module in mayImport || module in foundations) return []
  return [`${file}:1 belongs to ${module}, which is no module: add it to the table in tools/boundaries.ts`]
}

function placeOf(file: string): Place {
  const parts = file.split('/')
  const name = parts.at(-1)!
  if (packages.includes(parts[0]!)) {
    const door = /^[a-z]+\/(src\/)?index\.tsx?$/.test(file)
    return { module: parts[0]!, role: testFile.test(name) ? 'test' : door ? 'entry' : 'inner' }
  }
  if (!file.startsWith('server/src/')) return { module: parts[0]!, role: 'outside' }
  if (parts.length === 3) {
    const module = name.split('.')[0]!
    if (testFile.test(name)) return { module, role: 'test' }
    return { module, role: assembly.includes(module) ? 'assembly' : 'entry' }
  }
  const module = parts[2]!
  if (testFile.test(name)) return { module, role: 'test' }
  if (assembly.includes(module)) return { module, role: 'assembly' }
  if (parts.length === 4 && /^index\.tsx?$/.test(name)) return { module, role: 'entry' }
  const edge = edgeFile.test(name) && !(module in foundations) && module !== 'testing'
  return { module, role: edge ? 'edge' : 'inner' }
}

/** Gives the reason why `file` may not import `target`, or undefined where it may. */
function judge(file: string, target: string | undefined, one: Import): string | undefined {
  const from = placeOf(file)
  if (target === undefined) {
    const bound = one.specifier === undefined && from.role !== 'outside' && from.role !== 'test'
    return bound && from.role !== 'assembly' ? 'a computed import cannot be checked; name the file' : undefined
  }
  const to = placeOf(target)
  if (from.role === 'outside') return undefined
  if (to.module === 'testing' && target.startsWith('server/src/')) {
    if (from.role === 'test' || from.module === 'testing') return undefined
    return 'only test files may import testing'
  }
  if (from.role === 'assembly') return judgeAssembly(from, to)
  if (to.role === 'outside') return judgeOutside(from, target)
  if (to.role === 'test') return 'a test file is imported by nobody'
  if (from.module === to.module) return judgeInside(from, to)
  if (to.role === 'edge' && !(from.role === 'edge' && sharedEdges.includes(target)))
    return `${target.split('/').at(-1)} is an edge file: only app, main, cli, resources and runtime may import it`
  if (to.role === 'inner') return `it lies behind the public entry of module ${to.module}; import its index.ts`
  const free = from.role === 'test' || from.module === 'testing'
  if (free) return undefined
  if (to.role === 'assembly') return `${to.module} puts the modules together; no module may import it`
  if (from.module in foundations) return listed(foundations[from.module]!, from, to)
  if (packages.includes(from.module)) return listed(mayImport[from.module]!, from, to)
  if (to.module in foundations) return undefined
  if (deployedApart.includes(to.module)) return `${to.module} is deployed apart from the server`
  if (to.module === 'demo') return `only ${importsDemo.join(' and ')} may import module demo`
  if (from.role === 'edge' || from.module === 'demo') return undefined
  return listed(mayImport[from.module] ?? [], from, to)
}

function listed(modules: string[], from: Place, to: Place): string | undefined {
  return modules.includes(to.module) ? undefined : `module ${from.module} may not import module ${to.module}`
}

function judgeAssembly(from: Place, to: Place): string | undefined {
  if (to.role === 'edge' && !importsEdges.includes(from.module)) {
    return `${from.module} may not import an edge file: only app, main, cli, resources and runtime may`
  }
  if (to.module === 'demo' && to.role !== 'assembly' && !importsDemo.includes(from.module)) {
    return `only ${importsDemo.join(' and ')} may import module demo`
  }
  return to.role === 'test' ? 'a test file is imported by nobody' : undefined
}

// Inside one module all imports are free but edge files: a rule that called them would depend on HTTP or on pages.
function judgeInside(from: Place, to: Place): string | undefined {
  if (to.role !== 'edge' || from.role === 'edge' || from.role === 'test') return undefined
  if (from.role === 'entry') return 'a public entry does not re-export an edge file'
  return 'an edge file is imported by app, main, cli, resources and its fellow edge files alone'
}

function judgeOutside(from: Place, target: string): string | undefined {
  if (from.role === 'test' || from.module === 'testing') return undefined
  if (['admin', 'words'].includes(from.module) && target.startsWith('locales/')) return undefined
  return `it lies outside the modules, and module ${from.module} may not reach it`
}

/** The imported file's name from the root, or undefined for a package and for a computed import. */
function resolveImport(root: string, file: string, { specifier }: Import): string | undefined {
  if (specifier === undefined) return undefined
  const own = /^@latchkey\/([a-z]+)(\/.*)?$/.exec(specifier)
  if (own !== null) return own[2] === undefined ? `${own[1]}/src/index.ts` : `${own[1]}${own[2]}`
  if (!specifier.startsWith('.')) return undefined
  const plain = asName(normalize(join(dirname(file), specifier.replace(/\?.*$/, ''))))
  const written = [plain, `${plain}.ts`, `${plain}.tsx`, `${plain}/index.ts`, plain.replace(/\.js(x?)$/, '.ts$1')]
  return written.find(name => /\.[a-z]+$/.test(name) && existsSync(join(root, name))) ?? plain
}

const sqlWords = new Set(['selectFrom', 'insertInto', 'updateTable', 'deleteFrom', 'mergeInto'])

// SQL in an edge file would escape the rules of its module and their tests.
function checkSql(file: string, tokens: Token[], imports: Import[]): string[] {
  if (placeOf(file).role !== 'edge') return []
  const why = 'an edge file holds no SQL; put it into queries.ts'
  const driver = imports.filter(({ specifier }) => /^(kysely|pg)(\/|$)/.test(specifier ?? ''))
  const calls = tokens.filter((token, index) => {
    const asTag = token.text === 'sql' && tokens[index + 1]?.kind === 'template'
    return token.kind === 'word' && (asTag || sqlWords.has(token.text))
  })
  return [
    ...driver.map(({ specifier, line }) => `${file}:${line} imports ${specifier}: ${why}`),
    ...calls.map(({ text, line }) => `${file}:${line} uses ${text}: ${why}`),
  ]
}

function checkLength(file: string, source: string): string[] {
  const lines = source.replace(/\n$/, '').split('\n')
  if (lines.length <= longFile) return []
  const excused = lines.slice(0, 10).some(line => /^\s*(\/\/|\/?\*).*\blong\b/i.test(line))
  return excused ? [] : [`${file}:1 has ${lines.length} lines and no comment at its head says why it is so long`]
}

interface Link {
  target: string
  line: number
}

/** Walks the value imports and reports every import that leads back to a file from which it was reached. */
function findCircles(links: Map<string, Link[]>): string[] {
  const failures: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: string[]) => {
    for (const { target, line } of links.get(file) ?? []) {
      const start = path.indexOf(target)
      if (start >= 0) {
        const circle = [...path.slice(start), target].join(' → ')
        failures.push(`${file}:${line} imports ${target}: circle of files ${circle}`)
      } else if (!done.has(target)) visit(target, [...path, target])
    }
    done.add(file)
  }
  for (const file of links.keys()) if (!done.has(file)) visit(file, [file])
  return failures
}

function asName(path: string): string {
  return path.split(sep).join('/')
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  const { failures, files, imports } = checkBoundaries(join(import.meta.dirname, '..'))
  for (const failure of failures) console.error(failure)
  console.log(`boundaries: ${files} files and ${imports} imports read, ${failures.length} failures`)
  if (failures.length > 0) process.exitCode = 1
}
