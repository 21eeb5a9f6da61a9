import { isDeepStrictEqual } from 'node:util'
import type { TObject, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { type Read, sql, type Trx } from '../store/index.ts'
import { PolicyError } from './errors.ts'

/** A kind of settings that an administrator changes. */
export interface Settings<T> {
  /** The range of each setting. */
  schema: TObject
  /** The settings of a tenant that chose none. */
  defaults: T
  /** The first setting at odds with others, and what it needs. */
  conflict?(settings: T): string | undefined
}

/** Settings of a whole tenant: how they are read, and changed by an administrator. */
export interface TenantSettings<T> {
  /** The settings of a tenant: the stored ones, completed by the defaults. */
  of(tenantId: string): Read<T>
  /** Changes some of them. Returns them as they then are. Throws `policy_invalid`, naming the first thing wrong. */
  change(trx: Trx, tenantId: string, changes: Partial<T>): Promise<T>
}

/** Settings that stand in a column of the tenant's row. */
export function tenantSettings<T extends object>(
  column: 'protection' | 'sign_in_policy' | 'writeback',
  kind: Settings<T>,
): TenantSettings<T> {
  const complete = (stored: unknown): T => ({ ...kind.defaults, ...(stored as Partial<T> | null) })
  return {
    of: tenantId => ({
      sql: sql`(select ${sql.ref(column)} from tenants where tenant_id = ${tenantId})`,
      read: complete,
    }),
    async change(trx, tenantId, changes) {
      const row = await trx
        .selectFrom('tenants')
        .select(`${column} as stored`)
        .where('tenant_id', '=', tenantId)
        .forNoKeyUpdate()
        .executeTakeFirstOrThrow()
      const settings = checkSettings(kind, { ...complete(row.stored), ...changes })
      // Only differences are stored, so that a better default of a later version reaches tenants that never chose.
      const chosen = Object.entries(settings).filter(
        ([key, value]) => !isDeepStrictEqual(value, kind.defaults[key as keyof T]),
      )
      await trx
        .updateTable('tenants')
        .set({ [column]: JSON.stringify(Object.fromEntries(chosen)) })
        .where('tenant_id', '=', tenantId)
        .execute()
      return settings
    },
  }
}

/** Refuses settings out of range or at odds with one another. Throws `policy_invalid`, naming the first thing wrong. */
export function checkSettings<T>(kind: Settings<T>, settings: unknown): T {
  checkFits(kind.schema, settings)
  const conflict = kind.conflict?.(settings as T)
  if (conflict !== undefined) throw new PolicyError(conflict, conflict.split(':')[0])
  return settings as T
}

function checkFits({ properties }: TObject, settings: unknown): void {
  const given = Object(settings) as Record<string, unknown>
  const unknown = Object.keys(given).find(name => !Object.hasOwn(properties, name))
  // A mistyped setting would otherwise be dropped unseen.
  if (unknown !== undefined)
    throw new PolicyError(`there is no setting "${unknown}", only ${Object.keys(properties).join(', ')}`, unknown)
  for (const [name, schema] of Object.entries(properties))
    if (!Value.Check(schema, given[name]))
      throw new PolicyError(`${name} takes ${taken(schema)}; ${shown(given[name])} is not that.`, name)
}

const shown = (value: unknown) => {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

type Described = TSchema & {
  description?: string
  type?: string
  anyOf?: Described[]
  enum?: unknown[]
  const?: unknown
  items?: Described
  minimum?: number
  maximum?: number
}

/** The range of a setting, in words. A schema that they do not cover brings a description. */
function taken(schema: Described): string {
  const { description, type, anyOf, items, minimum, maximum } = schema
  if (description !== undefined) return description
  if (schema.enum) return `one of ${schema.enum.join(', ')}`
  if (anyOf?.every(one => 'const' in one)) return `one of ${anyOf.map(one => one.const).join(', ')}`
  if (anyOf) return anyOf.map(taken).join(', or ')
  if (type === 'boolean') return 'true or false'
  if (type === 'integer') return `a whole number from ${minimum} to ${maximum}`
  if (type === 'array') return `a list, each of it ${taken(items!)}, as in ["${items?.enum?.[0] ?? ''}"]`
  return String(type)
}
