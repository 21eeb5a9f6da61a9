import { ConfigError } from '../config.ts'
import type { Keyring } from '../crypto/index.ts'
import { type Db, inSystem, migrate, type Store } from '../store/index.ts'

type Purpose = 'demonstration' | 'production'

/** Brings the database to this version for this use. One in other use is refused before anything of it is changed. Throws `ConfigError`. */
export async function prepareDatabase(
  store: Store,
  keys: Keyring,
  purpose: Purpose,
  report?: (what: string) => void,
): Promise<void> {
  const { rows } = await store.pool.query("select from pg_class where oid = to_regclass('latchkey.facts')")
  const inUse = rows.length > 0
  if (inUse) await claimDatabase(store, keys, purpose)
  await migrate(store, report)
  if (!inUse) await claimDatabase(store, keys, purpose)
}

/**
 * Notes once the purpose and keys of the database, and refuses others ever after. The passwords of a
 * demonstration are known to everybody, and a demonstration on people's data would show their codes. Throws `ConfigError`.
 */
export async function claimDatabase(db: Db, keys: Keyring, purpose: Purpose): Promise<void> {
  const found = await keepFact(db, 'purpose', purpose)
  if (found !== purpose)
    throw new ConfigError(
      purpose === 'production'
        ? 'This database holds the demonstration, whose passwords everybody knows: set LATCHKEY_DATA or DATABASE_URL to another.'
        : 'This database is in production use, and the demonstration would show its codes: set LATCHKEY_DATA or DATABASE_URL to another.',
    )
  const ours = fingerprint(keys)
  const kept = await keepFact(db, 'keys', ours)
  refuseOtherKeys(keys, kept)
  // The newest of them from now on, so that the oldest can go.
  if (kept !== ours)
    await inSystem(db, trx => trx.updateTable('facts').set({ value: ours }).where('name', '=', 'keys').execute())
}

/** Whether a server has started with the first of these keys, and so can open what it seals. */
export async function hasStartedWith(db: Db, keys: Keyring): Promise<boolean> {
  const kept = await inSystem(db, trx =>
    trx.selectFrom('facts').select('value').where('name', '=', 'keys').executeTakeFirst(),
  )
  return kept?.value === fingerprint(keys)
}

/** Refuses secrets that are not the database's: with other ones every keyed hash would find nothing. Throws `ConfigError`. */
export async function checkKeys(db: Db, keys: Keyring): Promise<void> {
  const kept = await inSystem(db, trx =>
    trx.selectFrom('facts').select('value').where('name', '=', 'keys').executeTakeFirst(),
  )
  if (kept) refuseOtherKeys(keys, kept.value)
}

const fingerprint = (keys: Keyring) => keys.mac('fingerprint').toString('hex')

/** Refuses keys of which none made this fingerprint. Throws `ConfigError`. */
export function refuseOtherKeys(keys: Keyring, kept: string) {
  if (keys.matches(Buffer.from(kept, 'hex'), 'fingerprint')) return
  throw new ConfigError('This database was written with none of these secrets: set LATCHKEY_SECRETS to its own.')
}

/** Writes a fact unless it is known, and returns the known one. */
async function keepFact(db: Db, name: string, value: string): Promise<string> {
  const known = await inSystem(db, async trx => {
    await trx
      .insertInto('facts')
      .values({ name, value })
      .onConflict(conflict => conflict.doNothing())
      .execute()
    return trx.selectFrom('facts').select('value').where('name', '=', name).executeTakeFirstOrThrow()
  })
  return known.value
}
