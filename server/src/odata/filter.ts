import type { RawBuilder } from 'kysely'
import { isUuid } from '../crypto/index.ts'
import { sql } from '../store/index.ts'
import { type Asking, comparedOf, type Entity, type Field, fieldOf, type Operator, sqlTypes } from './entity.ts'
import { refuse } from './errors.ts'
import { type Expression, type Literal, parseFilter } from './parse.ts'

/** The condition of a `$filter`. Literals become parameters, never text. */
export function compileFilter(text: string, entity: Entity, asking: Asking): RawBuilder<boolean> {
  const find = (path: string) => fieldOf(entity, path)
  return compile(parseFilter(text), { find, asking }, false)
}

/** The fields that an expression may name: the row's, or within `any` an element's. */
interface Scope {
  find(path: string): Field | undefined
  asking: Asking
}

/** `negated`: under a `not`, which is brought down to the comparisons, where null has to count as false. */
function compile(expression: Expression, scope: Scope, negated: boolean): RawBuilder<boolean> {
  switch (expression.kind) {
    case 'not':
      return compile(expression.part, scope, !negated)
    case 'and':
    case 'or': {
      const parts = expression.parts.map(part => compile(part, scope, negated))
      return sql`(${sql.join(parts, (expression.kind === 'and') === negated ? sql` or ` : sql` and `)})`
    }
    case 'any':
      return compileAny(expression, scope, negated)
    case 'comparison': {
      const { path, operator, values } = expression
      const field = getField(path, scope)
      if (!field.filter?.includes(operator)) throw refuse('filter_operator', path)
      if (operator === 'ne') return hold(isOneOf(field, path, values, scope.asking), !negated)
      return hold(conditionOf(field, expression, scope.asking), negated)
    }
  }
}

const hold = (condition: RawBuilder<boolean>, negated: boolean): RawBuilder<boolean> =>
  negated ? sql`(${condition}) is not true` : condition

/** Throws `filter_property` where there is none, `forbidden` where the caller may not read it. */
function getField(path: string, { find, asking }: Scope): Field {
  const field = find(path)
  if (!field?.filter && !field?.any) throw refuse('filter_property', path)
  if (field.takes && !asking.may(field.takes)) throw refuse('forbidden', path)
  return field
}

type Any = Extract<Expression, { kind: 'any' }>

function compileAny({ path, within: asked }: Any, scope: Scope, negated: boolean): RawBuilder<boolean> {
  const { any } = getField(path, scope)
  if (!any || (!asked && !any.from)) throw refuse('filter_operator', path)
  if (!asked) {
    const some = any.some ?? sql<boolean>`exists (select from ${any.from}${any.link ? sql` where ${any.link}` : sql``})`
    return negated ? sql`not (${some})` : some
  }
  const { variable, part } = asked
  const find = (inner: string) => {
    const [first, ...rest] = inner.split('/')
    const name = rest.join('/')
    return first === variable && Object.hasOwn(any.fields, name) ? any.fields[name] : undefined
  }
  if (!any.from) return compile(part, { ...scope, find }, negated)
  const within = any.within ? sql`${any.within} and ` : sql``
  const link = any.link ? sql`${any.link} and ` : sql``
  const found = sql<boolean>`(${within}exists (select from ${any.from} where ${link}${compile(part, { ...scope, find }, false)}))`
  return negated ? sql`not ${found}` : found
}

type Comparison = Extract<Expression, { kind: 'comparison' }>

const signs: Partial<Record<Operator, RawBuilder<unknown>>> = { ge: sql`>=`, gt: sql`>`, le: sql`<=`, lt: sql`<` }

function conditionOf(field: Field, { path, operator, values }: Comparison, asking: Asking): RawBuilder<boolean> {
  if (operator === 'eq' || operator === 'in') return isOneOf(field, path, values, asking)
  const literal = literalOf(field, path, values[0]!)
  if (literal === undefined) return sql`false`
  if (operator === 'startsWith' && field.matches) return field.matches([literal as string], asking, operator)
  const value = sql`${literal}::${sqlTypes[field.kind]}`
  const compared = comparedOf(field)
  if (operator === 'startsWith') return sql`${compared} ^@ ${value}`
  if (operator === 'endsWith') return endsWith(field, value)
  return sql`${compared} ${signs[operator]!} ${value}`
}

const endsWith = ({ sql: value, folded }: Field, end: RawBuilder<unknown>): RawBuilder<boolean> =>
  folded?.reversed
    ? sql`${folded.reversed} ^@ reverse(${end})`
    : sql`right(${folded?.sql ?? value}, char_length(${end})) = ${end}`

function isOneOf(field: Field, path: string, literals: readonly Literal[], asking: Asking): RawBuilder<boolean> {
  const isNull = literals.includes(null)
  if (isNull && !field.nullable) throw refuse('filter_invalid', path)
  const values = literals.flatMap(literal => (literal === null ? [] : (literalOf(field, path, literal) ?? [])))
  const compared = comparedOf(field)
  const type = sqlTypes[field.kind]
  const conditions: RawBuilder<boolean>[] = []
  if (isNull) conditions.push(sql`${compared} is null`)
  if (field.matches) conditions.push(field.matches(values as string[], asking))
  else if (values.length === 1) conditions.push(sql`${compared} = ${values[0]}::${type}`)
  else if (values.length > 1) conditions.push(sql`${compared} = any(${values}::${type}[])`)
  if (conditions.length === 0) return sql`false`
  return conditions.length === 1 ? conditions[0]! : sql`(${sql.join(conditions, sql` or `)})`
}

/** The literal as a parameter; undefined where nothing of the field's kind can equal it. Throws `filter_invalid` for another kind. */
function literalOf(
  { kind, folded }: Field,
  path: string,
  literal: Literal,
): string | number | boolean | Date | undefined {
  if (typeof literal === 'string') {
    if (kind === 'text') return folded ? folded.fold(literal) : literal
    if (kind === 'uuid') return isUuid(literal.toLowerCase()) ? literal.toLowerCase() : undefined
  }
  if (kind === 'boolean' && typeof literal === 'boolean') return literal
  if (kind === 'number' && typeof literal === 'number') return literal
  if (kind === 'time' && literal instanceof Date) return literal
  throw refuse('filter_invalid', path)
}
