import {
  type AliasedRawBuilder,
  type CompiledQuery,
  sql as composed,
  type Expression,
  isOperationNodeSource,
  PostgresQueryCompiler,
  type QueryExecutorProvider,
  type RawBuilder,
  type RawNode,
  type Sql,
} from 'kysely'

// Kysely's `sql` makes a tree of each text and walks it for each statement: of a large one that takes longer than
// PostgreSQL takes to answer. This one joins texts alone. Both write the same SQL, and either can hold the other.

/** A text with the values in it, as Kysely's `RawBuilder`. */
class Written<T> implements RawBuilder<T> {
  readonly #texts: readonly string[]
  readonly #values: readonly unknown[]

  constructor(texts: readonly string[], values: readonly unknown[] = []) {
    this.#texts = texts
    this.#values = values
  }

  get isRawBuilder(): true {
    return true
  }

  get expressionType(): T | undefined {
    return undefined
  }

  compile(_provider: QueryExecutorProvider): CompiledQuery<T> {
    const out = { sql: '', parameters: [] as unknown[] }
    this.#writeTo(out)
    return { ...out, query: QUERY, queryId: ID }
  }

  async execute(provider: QueryExecutorProvider) {
    return provider.getExecutor().executeQuery<T>(this.compile(provider))
  }

  #writeTo(out: { sql: string; parameters: unknown[] }) {
    for (let place = 0; place < this.#texts.length; place += 1) {
      out.sql += this.#texts[place]
      if (place >= this.#values.length) return
      const value = this.#values[place]
      if (value instanceof Written) value.#writeTo(out)
      else if (typeof value === 'function' || isOperationNodeSource(value)) {
        const { sql, parameters } = compilerAfter(out.parameters).compileQuery(composed`${value}`.toOperationNode(), ID)
        out.sql += sql
        out.parameters.push(...parameters)
      } else out.sql += `$${out.parameters.push(value)}`
    }
  }

  /** The same for Kysely's own builders. */
  get #composed(): RawBuilder<T> {
    return composed<T>(this.#texts as unknown as TemplateStringsArray, ...this.#values)
  }

  as<A extends string>(alias: A | Expression<unknown>): AliasedRawBuilder<T, A> {
    return this.#composed.as(alias as A)
  }

  $castTo<C>(): RawBuilder<C> {
    return this as unknown as RawBuilder<C>
  }

  $notNull(): RawBuilder<Exclude<T, null>> {
    return this as unknown as RawBuilder<Exclude<T, null>>
  }

  withPlugin(...plugin: Parameters<RawBuilder<T>['withPlugin']>): RawBuilder<T> {
    return this.#composed.withPlugin(...plugin)
  }

  toOperationNode(): RawNode {
    return this.#composed.toOperationNode()
  }
}

// No plugin reads them.
const QUERY = composed``.toOperationNode()
const ID = { queryId: 'written' }

/** Kysely's compiler for what stands behind these parameters. */
const compilerAfter = (parameters: readonly unknown[]) =>
  new (class extends PostgresQueryCompiler {
    protected override getCurrentParameterPlaceholder(): string {
      return `$${parameters.length + this.numParameters}`
    }
  })()

/** Text without values, as Kysely writes it: a name in quotes, a literal. */
const textOf = (raw: RawBuilder<unknown>) =>
  new PostgresQueryCompiler().compileQuery(raw.toOperationNode() as RawNode, ID).sql

const NAMES_KEPT = 5_000
const names = new Map<string, RawBuilder<never>>()

/** A name as it is written. Kept: code has few names, and each stands in many statements. */
function named(kind: 'ref' | 'table' | 'id', ...parts: [string, ...string[]] | string[]): RawBuilder<never> {
  const key = JSON.stringify([kind, ...parts])
  const known = names.get(key)
  if (known) return known
  const made = new Written<never>([textOf(kind === 'id' ? composed.id(...parts) : composed[kind](parts[0]!))])
  if (names.size < NAMES_KEPT) names.set(key, made)
  return made
}

const comma = new Written<unknown>([', '])

/** Kysely's `sql`, which is quick to write. */
export const sql: Sql = Object.assign(
  <T>(texts: TemplateStringsArray, ...values: unknown[]): RawBuilder<T> => new Written<T>(texts, values),
  {
    val: <T>(value: T) => new Written<T>(['', ''], [value]),
    ref: <T>(name: string) => named('ref', name) as RawBuilder<T>,
    table: <T>(name: string) => named('table', name) as RawBuilder<T>,
    id: <T>(...parts: string[]) => named('id', ...parts) as RawBuilder<T>,
    lit: <T>(value: T) =>
      new Written<T>([typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : textOf(composed.lit(value))]),
    raw: <T>(text: string) => new Written<T>([text]),
    join: <T>(list: readonly unknown[], separator: RawBuilder<unknown> = comma) => {
      const values = list.flatMap((value, place) => (place === 0 ? [value] : [separator, value]))
      return new Written<T>(
        Array.from({ length: values.length + 1 }, () => ''),
        values,
      )
    },
  },
) as Sql
