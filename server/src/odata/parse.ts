import type { Operator } from './entity.ts'
import { refuse } from './errors.ts'

export type Literal = string | number | boolean | Date | null

/** A `$filter` as it was read. The paths are not known yet. */
export type Expression =
  | { kind: 'and' | 'or'; parts: Expression[] }
  | { kind: 'not'; part: Expression }
  | { kind: 'comparison'; path: string; operator: Operator; values: Literal[] }
  | { kind: 'any'; path: string; within: Within | undefined }

/** What an element has to be; a list of which nothing is said has to have one. */
interface Within {
  variable: string
  part: Expression
}

type Token =
  | { kind: 'sign'; text: string }
  | { kind: 'word'; text: string }
  | { kind: 'literal'; value: Literal }
  | { kind: 'end' }

/** Of a `$filter` or `$search`. */
export const limits = { characters: 4_096, comparisons: 25, depth: 10 }

const infix = ['eq', 'ne', 'ge', 'gt', 'le', 'lt'] as const
/** OData's operators and functions that no list of ours takes. */
const OTHERS = ['has', 'add', 'sub', 'mul', 'div', 'divby', 'mod']

const CONTROL = /\p{Cc}/u

/** Throws `filter_too_large`, or `code` for text with control characters: none of ours has them, and PostgreSQL fails at a null byte. */
export function checkText(text: string, code: 'filter_invalid' | 'search_invalid'): void {
  if (text.length > limits.characters) throw refuse('filter_too_large')
  if (CONTROL.test(text)) throw refuse(code)
}

/**
 * Reads a `$filter`. Throws `filter_invalid` where it is none, `filter_too_large`, and `filter_operator` for what OData
 * has besides.
 */
export function parseFilter(text: string, comparisonsAtMost = limits.comparisons): Expression {
  checkText(text, 'filter_invalid')
  const tokens = readTokens(text)
  let at = 0
  let comparisons = 0
  let depth = 0

  const peek = (): Token => tokens[at] ?? { kind: 'end' }
  const isSign = (sign: string, token = peek()) => token.kind === 'sign' && token.text === sign
  const isWord = (word: string, token = peek()) => token.kind === 'word' && token.text === word
  const expect = (sign: string) => {
    if (!isSign(sign)) throw refuse('filter_invalid')
    at += 1
  }
  const takeWord = () => {
    const token = peek()
    if (token.kind !== 'word') throw refuse('filter_invalid')
    at += 1
    return token.text
  }
  const takeLiteral = () => {
    const token = peek()
    if (token.kind !== 'literal') throw refuse('filter_invalid')
    at += 1
    return token.value
  }

  const parseJoined = (kind: 'and' | 'or', parseOne: () => Expression): Expression => {
    const parts = [parseOne()]
    while (isWord(kind)) {
      at += 1
      parts.push(parseOne())
    }
    return parts.length === 1 ? parts[0]! : { kind, parts }
  }
  const parseOr = (): Expression => parseJoined('or', () => parseJoined('and', parseNot))

  const parseNot = (): Expression => {
    let negated = false
    for (; isWord('not'); at += 1) negated = !negated
    const part = parseOne()
    return negated ? { kind: 'not', part } : part
  }

  const parseWithin = (): Expression => {
    depth += 1
    if (depth > limits.depth) throw refuse('filter_too_large')
    const inner = parseOr()
    expect(')')
    depth -= 1
    return inner
  }

  const parseOne = (): Expression => {
    if (isSign('(')) {
      at += 1
      return parseWithin()
    }
    const word = takeWord()
    if (!isSign('(')) return parseInfix(word)
    at += 1
    if (word.endsWith('/any')) {
      const path = word.slice(0, -'/any'.length)
      if (isSign(')')) {
        at += 1
        count()
        return { kind: 'any', path, within: undefined }
      }
      const variable = takeWord()
      expect(':')
      return { kind: 'any', path, within: { variable, part: parseWithin() } }
    }
    return parseFunction(word)
  }

  const count = () => {
    comparisons += 1
    if (comparisons > comparisonsAtMost) throw refuse('filter_too_large')
  }

  const parseFunction = (name: string): Expression => {
    const operator = (['startsWith', 'endsWith'] as const).find(one => one.toLowerCase() === name.toLowerCase())
    if (!operator) throw refuse('filter_operator', name)
    count()
    const path = takeWord()
    expect(',')
    const value = takeLiteral()
    if (typeof value !== 'string') throw refuse('filter_invalid', path)
    expect(')')
    return { kind: 'comparison', path, operator, values: [value] }
  }

  const parseInfix = (path: string): Expression => {
    count()
    const word = takeWord()
    if (word === 'in') {
      expect('(')
      const values = [takeLiteral()]
      for (; isSign(','); values.push(takeLiteral())) at += 1
      expect(')')
      return { kind: 'comparison', path, operator: 'in', values }
    }
    const operator = infix.find(one => one === word)
    if (!operator) throw refuse(OTHERS.includes(word) ? 'filter_operator' : 'filter_invalid', path)
    return { kind: 'comparison', path, operator, values: [takeLiteral()] }
  }

  const whole = parseOr()
  if (peek().kind !== 'end') throw refuse('filter_invalid')
  return whole
}

// Each reads one token from its place on; none can match a text in two ways, so none goes back.
const SPACE = /[ ]+/y
const SIGN = /[(),:]/y
const QUOTED = /'((?:[^']|'')*)'(?!')/y
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)(?![\w.:+-])/y
const UUID = /[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?![\w.-])/y
const NUMBER = /-?\d{1,15}(?![\w.-])/y
const WORD = /[A-Za-z_][\w.]*(?:\/[$\w.]+)*/y

const constants: Record<string, Literal> = { true: true, false: false, null: null }

function readTokens(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found) at = pattern.lastIndex
    return found
  }
  while (true) {
    take(SPACE)
    if (at === text.length) return tokens
    tokens.push(readToken(take))
  }
}

function readToken(take: (pattern: RegExp) => RegExpExecArray | null): Token {
  const sign = take(SIGN)
  if (sign) return { kind: 'sign', text: sign[0] }
  const quoted = take(QUOTED)
  if (quoted) return { kind: 'literal', value: quoted[1]!.replaceAll("''", "'") }
  const time = take(TIME)
  if (time) return { kind: 'literal', value: readTime(time[0]) }
  const uuid = take(UUID)
  if (uuid) return { kind: 'literal', value: uuid[0] }
  const number = take(NUMBER)
  if (number) return { kind: 'literal', value: Number(number[0]) }
  const word = take(WORD)?.[0]
  if (word === undefined) throw refuse('filter_invalid')
  return Object.hasOwn(constants, word) ? { kind: 'literal', value: constants[word]! } : { kind: 'word', text: word }
}

function readTime(text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw refuse('filter_invalid')
  return time
}
