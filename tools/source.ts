import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** One meaningful piece of a TypeScript file: comments, white space and regular expressions are gone. */
export interface Token {
  /** `string` has its quotes taken off; `template` holds its fixed parts in `parts`; `mark` is one character. */
  kind: 'word' | 'string' | 'template' | 'mark'
  text: string
  /** A template's fixed parts: one more than it has `${…}`. Empty for other kinds. */
  parts: string[]
  /** Counted from 1. */
  line: number
}

/** One import, re-export, dynamic import or require. */
export interface Import {
  /** The text between the quotes, or undefined where it is computed and cannot be judged. */
  specifier: string | undefined
  /** Gone once types are erased, so it cannot take part in a circle. */
  typeOnly: boolean
  line: number
}

const wordStart = /[\p{L}$_#@]/u
const wordPart = /[\p{L}\p{N}$_]/u
// After these a slash begins a regular expression; after any other word, a closing bracket or a text, it divides.
const beforeRegex = new Set(['return', 'typeof', 'case', 'in', 'of', 'delete', 'void', 'throw', 'await', 'else', 'do'])

/**
 * Lists every file below `folder` whose name ends with one of `endings`, sorted, as full paths.
 * Installed packages and compiled output are left out; a folder that does not exist has no files.
 */
export function listFiles(folder: string, endings: string[]): string[] {
  let entries: ReturnType<typeof readEntries>
  try {
    entries = readEntries(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const files: string[] = []
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== 'dist') {
      files.push(...listFiles(path, endings))
    } else if (entry.isFile() && endings.some(ending => entry.name.endsWith(ending))) {
      files.push(path)
    }
  }
  return files.sort()
}

function readEntries(folder: string) {
  return readdirSync(folder, { withFileTypes: true })
}

/**
 * Cuts TypeScript or TSX into tokens. It never fails. The text between JSX tags may look like an open string, comment
 * or expression. So a string or expression that does not close on its line, or a template that never closes, counts as
 * single marks.
 */
export function readTokens(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let line = 1
  const add = (kind: Token['kind'], text: string, end: number, parts: string[] = []) => {
    tokens.push({ kind, text, parts, line })
    skip(end)
  }
  const skip = (end: number) => {
    for (; at < end; at++) if (source[at] === '\n') line++
  }
  while (at < source.length) {
    const char = source[at]!
    if (/\s/.test(char)) skip(at + 1)
    else if (source.startsWith('//', at)) skip(endOfLine(source, at))
    else if (source.startsWith('/*', at)) skip(endAfter(source, '*/', at + 2))
    else if (char === "'" || char === '"') {
      const end = closingQuote(source, at)
      if (end === undefined) add('mark', char, at + 1)
      else add('string', withoutEscapes(source.slice(at + 1, end)), end + 1)
    } else if (char === '`') {
      const template = readTemplate(source, at)
      if (template === undefined) {
        add('mark', char, at + 1)
        continue
      }
      const first = line
      add('template', source.slice(at, template.end), template.end, template.parts)
      // The text inside `${…}` is code, and may import or name a key.
      for (const code of template.code) {
        for (const inner of readTokens(code)) tokens.push({ ...inner, line: first })
      }
    } else if (char === '/' && startsRegex(tokens.at(-1))) {
      const end = closingSlash(source, at)
      if (end === undefined) add('mark', char, at + 1)
      else add('mark', ')', end)
    } else if (wordStart.test(char) || /\d/.test(char)) {
      let end = at + 1
      while (end < source.length && wordPart.test(source[end]!)) end++
      add('word', source.slice(at, end), end)
    } else add('mark', char, at + 1)
  }
  return tokens
}

/** Finds every import of a file, in the order in which they stand. */
export function findImports(tokens: Token[]): Import[] {
  const imports: Import[] = []
  tokens.forEach((token, index) => {
    if (token.kind !== 'word' || tokens[index - 1]?.text === '.') return
    const next = tokens[index + 1]
    const called = next?.kind === 'mark' && next.text === '('
    if (called && (token.text === 'import' || token.text === 'require')) {
      const call = readCall(tokens, index)
      if (call !== undefined) imports.push({ ...call, line: token.line })
    } else if (token.text === 'import' || token.text === 'export') {
      const found = readStatement(tokens, index)
      if (found !== undefined) imports.push({ ...found, line: token.line })
    }
  })
  return imports
}

function readCall(tokens: Token[], index: number): Omit<Import, 'line'> | undefined {
  const argument = tokens[index + 2]
  const end = tokens.findIndex(
    ({ kind, text }, at) => at > index + 2 && kind === 'mark' && (text === ')' || text === ','),
  )
  const close = tokens[end]?.text
  const read = readSpecifier(tokens, argument)
  const specifier = tokens[index + 3]?.text === '+' && !beginsPackage(read) ? undefined : read
  if (specifier === undefined) {
    // A method that happens to be called `import`, or a `require` made for package names, is no import of a file.
    const declared = tokens[index + 3]?.text === ':' || argument?.text === ')'
    return tokens[index]?.text === 'import' && !declared ? { specifier, typeOnly: false } : undefined
  }
  // `import('x').Name` is a type unless the member is one that a promise has; so is `typeof import('x')`.
  const member = close === ')' && tokens[end + 1]?.text === '.' ? tokens[end + 2]?.text : undefined
  const ofType = member !== undefined && !['then', 'catch', 'finally'].includes(member)
  const typeOnly = ofType || tokens[index - 1]?.text === 'typeof'
  return { specifier, typeOnly }
}

// A package that differs by platform is imported by a template, or by a constant that holds one. Its fixed beginning
// shows that it is a package. A computed path is refused: its beginning does not say which file it names.
function readSpecifier(tokens: Token[], argument: Token | undefined): string | undefined {
  if (argument?.kind === 'string') return argument.text
  if (argument?.kind === 'template') {
    const [start = '', ...rest] = argument.parts
    return rest.length === 0 || beginsPackage(start) ? start : undefined
  }
  const named = tokens.findIndex((token, at) => {
    return token.text === argument?.text && tokens[at - 1]?.text === 'const' && tokens[at + 1]?.text === '='
  })
  const value = tokens[named + 2]
  return named > 0 && value?.kind !== 'word' && value?.kind !== 'mark' ? readSpecifier(tokens, value) : undefined
}

function beginsPackage(start: string | undefined): boolean {
  return start !== undefined && /^(?!@latchkey)@?[a-z]/.test(start)
}

function readStatement(tokens: Token[], index: number): Omit<Import, 'line'> | undefined {
  const exporting = tokens[index]?.text === 'export'
  let at = index + 1
  if (!exporting && tokens[at]?.kind === 'string') return { specifier: tokens[at]!.text, typeOnly: false }
  // `import type from './x.ts'` gives a value the name "type".
  const typeOnly =
    tokens[at]?.text === 'type' && !(tokens[at + 1]?.text === 'from' && tokens[at + 2]?.kind === 'string')
  if (typeOnly) at++
  if (exporting && tokens[at]?.text !== '{' && tokens[at]?.text !== '*') return undefined
  let depth = 0
  for (; at < tokens.length; at++) {
    const { kind, text } = tokens[at]!
    if (text === '{' && kind === 'mark') depth++
    else if (text === '}' && kind === 'mark') depth--
    else if (text === 'from' && depth === 0 && tokens[at + 1]?.kind === 'string') {
      return { specifier: tokens[at + 1]!.text, typeOnly }
    } else if (depth === 0 && kind === 'mark' && text !== ',' && text !== '*') return undefined
    else if (depth === 0 && kind === 'word' && tokens[at - 1]?.text === '}') return undefined
  }
  return undefined
}

function startsRegex(previous: Token | undefined): boolean {
  if (previous === undefined) return true
  if (previous.kind === 'word') return beforeRegex.has(previous.text)
  // `</` closes a JSX tag.
  return previous.kind === 'mark' && !['<', ')', ']', '}'].includes(previous.text)
}

function endOfLine(source: string, from: number): number {
  const end = source.indexOf('\n', from)
  return end < 0 ? source.length : end
}

function endAfter(source: string, mark: string, from: number): number {
  const end = source.indexOf(mark, from)
  return end < 0 ? source.length : end + mark.length
}

function closingQuote(source: string, open: number): number | undefined {
  for (let at = open + 1; at < source.length && source[at] !== '\n'; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === source[open]) return at
  }
  return undefined
}

function closingSlash(source: string, open: number): number | undefined {
  let inClass = false
  for (let at = open + 1; at < source.length && source[at] !== '\n'; at++) {
    const char = source[at]
    if (char === '\\') at++
    else if (char === '[') inClass = true
    else if (char === ']') inClass = false
    else if (char === '/' && !inClass) return at + 1
  }
  return undefined
}

function readTemplate(source: string, open: number): { end: number; parts: string[]; code: string[] } | undefined {
  const parts: string[] = []
  const code: string[] = []
  let from = open + 1
  for (let at = from; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === '`') {
      parts.push(withoutEscapes(source.slice(from, at)))
      return { end: at + 1, parts, code }
    } else if (source.startsWith('${', at)) {
      const close = closingBrace(source, at + 2)
      if (close === undefined) return undefined
      parts.push(withoutEscapes(source.slice(from, at)))
      code.push(source.slice(at + 2, close))
      from = close + 1
      at = close
    }
  }
  return undefined
}

function closingBrace(source: string, from: number): number | undefined {
  let depth = 0
  for (let at = from; at < source.length; at++) {
    const char = source[at]
    if (char === "'" || char === '"') at = closingQuote(source, at) ?? at
    else if (char === '`') at = (readTemplate(source, at)?.end ?? at + 1) - 1
    else if (char === '{') depth++
    else if (char === '}' && depth-- === 0) return at
  }
  return undefined
}

function withoutEscapes(text: string): string {
  return text.replace(/\\(.)/g, '$1')
}
