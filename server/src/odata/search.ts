import type { RawBuilder } from 'kysely'
import { sql } from '../store/index.ts'
import type { Asking, Entity, Property } from './entity.ts'
import { refuse } from './errors.ts'
import { checkText, limits } from './parse.ts'

/** What parts the words of a name. The triggers that keep words in tables part them alike. */
const SIGNS = ` '-’.,()/&_`
const BLANKS = ' '.repeat(SIGNS.length)
const PARTING = /[ '\-’.,()/&_]+/
const WORDS_AT_MOST = 100

/** The condition of a `$search`: `"displayName:kim" AND "mail:k"`. The words become parameters. */
export function compileSearch(text: string, entity: Entity, asking: Asking): RawBuilder<boolean> {
  checkText(text, 'search_invalid')
  // Every row is asked for every word.
  if (text.split(PARTING).length > WORDS_AT_MOST) throw refuse('filter_too_large')
  const tokens = readTokens(text)
  let at = 0
  let clauses = 0
  let depth = 0

  const parseJoined = (word: 'AND' | 'OR', parseOne: () => RawBuilder<boolean>): RawBuilder<boolean> => {
    const parts = [parseOne()]
    while (tokens[at] === word) {
      at += 1
      parts.push(parseOne())
    }
    return parts.length === 1 ? parts[0]! : sql`(${sql.join(parts, word === 'OR' ? sql` or ` : sql` and `)})`
  }
  const parseOr = (): RawBuilder<boolean> => parseJoined('OR', () => parseJoined('AND', parseOne))

  const parseOne = (): RawBuilder<boolean> => {
    const token = tokens[at++]
    if (token === '(') {
      depth += 1
      if (depth > limits.depth) throw refuse('filter_too_large')
      const inner = parseOr()
      if (tokens[at++] !== ')') throw refuse('search_invalid')
      depth -= 1
      return inner
    }
    clauses += 1
    if (clauses > limits.comparisons) throw refuse('filter_too_large')
    return compileClause(token, entity, asking)
  }

  const whole = parseOr()
  if (at !== tokens.length) throw refuse('search_invalid')
  return whole
}

const TOKEN = / *(?:([()])|(AND|OR)\b|"((?:[^"\\]|\\["\\])*)") */y

/** A clause is told by its quotes' content with a colon before it, so that `"AND"` is no operator. */
function readTokens(text: string): string[] {
  const tokens: string[] = []
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const found = TOKEN.exec(text)
    if (!found) throw refuse('search_invalid')
    const [, sign, word, quoted] = found
    tokens.push(sign ?? word ?? `:${quoted!.replace(/\\(.)/g, '$1')}`)
  }
  return tokens
}

function compileClause(token: string | undefined, { properties }: Entity, asking: Asking): RawBuilder<boolean> {
  const [, name, words] = /^:([A-Za-z]+):(.*)$/.exec(token ?? '') ?? []
  if (name === undefined || words === undefined) throw refuse('search_invalid')
  const property = Object.hasOwn(properties, name) ? properties[name] : undefined
  if (!property?.search) throw refuse('search_property', name)
  if (property.takes && !asking.may(property.takes)) throw refuse('forbidden', name)
  return beginsWith(property, words.trim())
}

function beginsWith({ sql: value, folded, search, words }: Property, typed: string): RawBuilder<boolean> {
  const text = folded?.sql ?? value
  const prefix = folded ? folded.fold(typed) : typed
  if (search === 'whole') return prefix === '' ? sql`false` : sql`${text} ^@ ${prefix}`
  return hasWords(prefix, words ?? (word => beginsWordOf(text, word)))
}

/** For SQL: whether each of these folded words is one by which a text is found. */
export function hasWords(typed: string, isFound: NonNullable<Property['words']>): RawBuilder<boolean> {
  const words = typed.split(PARTING).filter(word => word !== '')
  return words.length === 0 ? sql`false` : sql`(${sql.join(words.map(isFound), sql` and `)})`
}

function beginsWordOf(text: RawBuilder<unknown>, word: string): RawBuilder<boolean> {
  const parted = sql`(' ' || translate(${text}, ${sql.lit(SIGNS)}, ${sql.lit(BLANKS)}))`
  return sql`strpos(${parted}, ${` ${word}`}) > 0`
}
