import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Api } from '../server/src/api/index.ts'
import { declareResources } from '../server/src/resources.ts'
import { listFiles, readTokens, type Token } from './source.ts'

// Finds by which codes the rules of each resource of `/v1.0` can refuse. From where a resource is declared it follows
// every name that its code mentions, through imports, and collects the codes that stand there.

/** The file that is printed. */
export const refusalsFile = join(import.meta.dirname, '../server/src/api/ruleRefusals.ts')

const HEAD = `// This file is long because it is printed, by \`npm run refusals\`, from the code that each resource reaches.

/** The codes by which the rules of a resource can refuse, beside those of the door and of rights. */
export const ruleRefusals: Record<string, string> = {
`

/** What the judge of rights refuses by is told from the action that a resource declares (api/refused.ts). */
const JUDGE = 'access'

/** Functions that are reached by a member's name, because another part was handed in. */
const HANDED_IN: Record<string, [file: string, name: string][]> = {
  homeOf: [
    ['passwords/cloud.ts', 'cloud'],
    ['writeback/home.ts', 'openHomes'],
  ],
}

/** A place in a file's text. */
interface Place {
  file: string
  line: number
  column: number
}

/** A file as far as names are followed in it. */
interface Source {
  text: string
  /** Where a name comes from: another file, or the same under another name. */
  names: Map<string, { file: string; name: string }>
  declarations: Map<string, { tokens: Token[]; from: number; to: number }>
}

/** A code with its status, as a catalogue of refusals lists it. */
const CODE = /\b(?!status\b)([a-zA-Z]\w*): (?:\{\s*status: )?[45]\d\d\b/g
const NAMES = /^(import|export) (?!type )\{([^}]*)\}(?: from '(\.[^']+)')?/gm
const DECLARED = /^(?:export )?(?:async )?(?:function|const|let|class) (\w+)/
const BEGINS = /^(?:import|export|async|function|const|let|class|interface|type|for|if)\b.*$/gm

/** Reads every source of the server. */
export function readSources(root: string): Map<string, Source> {
  const sources = new Map<string, Source>()
  for (const file of listFiles(root, ['.ts', '.tsx']))
    if (!/\.test\.tsx?$/.test(file)) sources.set(file, readSource(file))
  return sources
}

function readSource(file: string): Source {
  const text = readFileSync(file, 'utf8')
  const source: Source = { text, names: new Map(), declarations: new Map() }
  for (const [, , list = '', from] of text.matchAll(NAMES))
    for (const one of list.split(',')) {
      const [, type, name, as] = /^\s*(type )?(\w+)(?: as (\w+))?\s*$/.exec(one) ?? []
      if (name === undefined || type) continue
      if (from !== undefined) source.names.set(as ?? name, { file: resolve(dirname(file), from), name })
      else if (as !== undefined) source.names.set(as, { file, name })
    }
  const begins = [...text.matchAll(BEGINS)]
  begins.forEach((begin, place) => {
    const [, name] = DECLARED.exec(begin[0]) ?? []
    const [from, to] = [begin.index, begins[place + 1]?.index ?? text.length]
    if (name !== undefined) source.declarations.set(name, { tokens: readTokens(text.slice(from, to)), from, to })
  })
  return source
}

/** The files whose catalogue lists each code. */
function cataloguesOf(sources: ReadonlyMap<string, Source>): Map<string, Set<string>> {
  const catalogues = new Map<string, Set<string>>()
  for (const [file, { text }] of sources)
    if (/\b(refusals|programRefusals)\(/.test(text))
      for (const [, code = ''] of text.matchAll(CODE))
        catalogues.set(code, (catalogues.get(code) ?? new Set()).add(file))
  return catalogues
}

/** Finds the codes that are reached from pieces of code. */
export function createFinder(root: string, sources = readSources(root)) {
  const catalogues = cataloguesOf(sources)
  const roomOf = (file: string) => relative(root, file).split(sep)[0]!

  const find = (file: string, name: string): { file: string; name: string } | undefined => {
    const source = sources.get(file)
    if (!source) return undefined
    if (source.declarations.has(name)) return { file, name }
    const from = source.names.get(name)
    return from && find(from.file, from.name)
  }

  const follow = (file: string, tokens: readonly Token[], seen: Set<string>, found: Set<string>) => {
    const named = mentioned(tokens).map(name => find(file, name))
    // A text that reads like a code is one in the room that lists it, and beside a function of that list.
    const refuses = (code: string) =>
      [...(catalogues.get(code) ?? [])].some(
        list => roomOf(list) === roomOf(file) || named.some(one => one?.file === list),
      )
    for (const { kind, text } of tokens) if (kind === 'string' && refuses(text)) found.add(text)
    const reached = [
      ...named,
      ...tokens
        .flatMap(({ text }) => (Object.hasOwn(HANDED_IN, text) ? HANDED_IN[text]! : []))
        .map(([inside, name]) => ({ file: join(root, inside), name })),
    ]
    for (const one of reached) {
      const key = one && `${one.file} ${one.name}`
      if (key === undefined || seen.has(key) || roomOf(one!.file) === JUDGE) continue
      seen.add(key)
      const declared = sources.get(one!.file)?.declarations.get(one!.name)
      if (declared) follow(one!.file, declared.tokens, seen, found)
    }
  }

  return {
    /** `calls`: the call that declares a resource, and those that led to it. */
    codesOf(calls: readonly Place[]): string[] {
      const found = new Set<string>()
      const seen = new Set<string>()
      for (const { file, line, column } of calls) {
        const source = sources.get(file)
        if (!source) continue
        const at = offsetOf(source.text, line, column)
        const around = [...source.declarations.values()].find(({ from, to }) => from <= at && at < to)
        const call = argumentsOf(readTokens(source.text.slice(at, around?.to)))
        follow(file, withLocals(call, withoutCalls(around?.tokens ?? [])), seen, found)
      }
      return [...found].sort()
    },
  }
}

/** The names that a piece of code mentions, but for members. */
const mentioned = (tokens: readonly Token[]): string[] =>
  tokens.flatMap(({ kind, text }, at) => {
    const [before, after] = [tokens[at - 1]?.text, tokens[at + 1]?.text]
    const isMember = before === '.' && tokens[at - 2]?.text !== '.'
    const isKey = after === ':' && (before === '{' || before === ',')
    return kind === 'word' && !isMember && !isKey ? [text] : []
  })

function offsetOf(text: string, line: number, column: number): number {
  let at = 0
  for (let n = 1; n < line; n++) at = text.indexOf('\n', at) + 1
  return at + column - 1
}

const OPENING = ['(', '{', '[']
const CLOSING = [')', '}', ']']

/** The arguments of the call with which the tokens begin. */
function argumentsOf(tokens: readonly Token[]): Token[] {
  const from = tokens.findIndex(({ kind, text }) => kind === 'mark' && text === '(')
  return tokens.slice(from, endOf(tokens, from))
}

/** A function without what it declares: each declaration has names of its own. */
function withoutCalls(tokens: readonly Token[]): Token[] {
  const at = tokens.findIndex(({ text }, place) => text === 'api' && tokens[place + 2]?.text === 'add')
  return at < 0 ? [...tokens] : [...tokens.slice(0, at), ...withoutCalls(tokens.slice(endOf(tokens, at + 3)))]
}

/** Where a bracket closes. */
function endOf(tokens: readonly Token[], from: number): number {
  let depth = 0
  for (let at = from; at < tokens.length; at++) {
    const { kind, text } = tokens[at]!
    if (kind !== 'mark') continue
    if (OPENING.includes(text)) depth++
    else if (CLOSING.includes(text) && --depth === 0) return at + 1
  }
  return tokens.length
}

/** The code of a call, with what the names in it stand for in the function around it. */
function withLocals(call: readonly Token[], around: readonly Token[]): Token[] {
  const all = [...call]
  const known = new Set<string>()
  for (let waiting = mentioned(call); waiting.length > 0; ) {
    const more = waiting.filter(name => !known.has(name)).flatMap(name => statementOf(name, around))
    for (const name of waiting) known.add(name)
    all.push(...more)
    waiting = mentioned(more).filter(name => !known.has(name))
  }
  return all
}

const ENDS = ['const', 'let', 'return', 'for', 'if', 'api', 'throw', 'await', 'function', 'async', 'while', 'try']

/** The statement that gives a local name its value; none where there is none. */
function statementOf(name: string, tokens: readonly Token[]): Token[] {
  const starts = tokens.flatMap(({ text }, at) => (text === name ? startBefore(tokens, at) : []))
  // The function around it begins with its own name.
  const start = starts.find(at => at > 1)
  if (start === undefined) return []
  let depth = 0
  for (let at = start; at < tokens.length; at++) {
    const { kind, text, line } = tokens[at]!
    if (kind === 'mark' && OPENING.includes(text)) depth++
    else if (kind === 'mark' && CLOSING.includes(text) && --depth < 0) return tokens.slice(start, at)
    const before = tokens[at - 1]
    const isNext =
      depth === 0 && at > start && line > before!.line && ENDS.includes(text) && !/^[>=,(?:&|+]$/.test(before!.text)
    if (isNext) return tokens.slice(start, at)
  }
  return tokens.slice(start)
}

/** The `const` of a name that is declared at this place, also among others in brackets. */
function startBefore(tokens: readonly Token[], at: number): number[] {
  for (let start = at - 1; start >= 0; start--) {
    const { kind, text } = tokens[start]!
    if (['const', 'let', 'function'].includes(text)) return [start]
    if (kind !== 'word' && !/^[,:{[]$/.test(text)) return []
  }
  return []
}

/** Where each resource is declared, by method and path. */
function declarations(): Map<string, Place[]> {
  const places = new Map<string, Place[]>()
  const api = {
    resources: [],
    add({ method, path }: { method: string; path: string }) {
      places.set(`${method} ${path}`, callers())
    },
  }
  declareResources(api as unknown as Api)
  return places
}

function callers(): Place[] {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 12
  const { stack = '' } = new Error()
  Error.stackTraceLimit = limit
  return [...stack.matchAll(/(file:\/\/[^\s)]+):(\d+):(\d+)/g)]
    .map(([, url, line, column]) => ({ file: fileURLToPath(url!), line: Number(line), column: Number(column) }))
    .filter(({ file }) => file !== import.meta.filename && !file.endsWith(`${sep}resources.ts`))
}

const widest = 120

/** Prints the codes of every resource, each where the formatter puts it. */
export function printRefusals(root = join(import.meta.dirname, '../server/src')): string {
  const finder = createFinder(root)
  const lines = [...declarations()]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, calls]) => {
      const key = name.includes("'") ? `"${name}"` : `'${name}'`
      const codes = `'${finder.codesOf(calls).join(' ')}'`
      const line = `  ${key}: ${codes},\n`
      return line.length <= widest + 1 ? line : `  ${key}:\n    ${codes},\n`
    })
  return `${HEAD}${lines.join('')}}\n`
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename)
  writeFileSync(refusalsFile, printRefusals())
