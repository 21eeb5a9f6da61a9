import type { Migration } from 'kysely/migration'
import * as first from './0001_first.ts'

/** Every migration by name, in the order in which they run. A released one is never edited. */
export const migrations: Record<string, Migration> = { '0001_first': first }
