import type { Act } from '../act.ts'
import { findTenantId, listTenants } from '../directory/index.ts'
import { addDomain } from '../organization/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import type { Zone } from './zone.ts'

/** A domain that nobody has proven yet: its record stands at `www.` by mistake. */
const MISPLACED = 'acme-shop.example'

/** A proven domain whose record is gone. */
const LOST = 'globex-labs.example'

const TTL = 3_600

/** Gives the demonstration's companies a domain with a mistake each, and the zone the records of what they have proven (work accounts on the wire, §6). */
export async function seedDomains(db: Db, act: Act, zone: Zone): Promise<void> {
  const within = async (domain: string, work: (trx: Trx) => Promise<void>) =>
    inTenant(db, await findTenantId(db, domain), work)
  await within('acme.example', trx => addOnce(trx, act, MISPLACED))
  await within('globex.example', async trx => {
    await addOnce(trx, act, LOST)
    await trx
      .updateTable('domains')
      .set({ verified_at: act.now, is_root: true, next_check_at: act.now })
      .where('tenant_id', '=', trx.tenantId)
      .where('name', '=', LOST)
      .where('verified_at', 'is', null)
      .execute()
  })
  for (const { id } of await listTenants(db)) await inTenant(db, id, trx => publish(trx, zone))
}

async function addOnce(trx: Trx, act: Act, name: string): Promise<void> {
  const found = await trx
    .selectFrom('domains')
    .select('name')
    .where('tenant_id', '=', trx.tenantId)
    .where('name', '=', name)
    .executeTakeFirst()
  if (!found) await addDomain(trx, act, { id: name, reserved: [] })
}

/** The zone does not outlast the process, but what was proven by it does. */
async function publish(trx: Trx, zone: Zone): Promise<void> {
  const rows = await trx
    .selectFrom('domains')
    .select(['name', 'proof', 'verified_at'])
    .where('tenant_id', '=', trx.tenantId)
    .where('proof', 'is not', null)
    .execute()
  for (const { name, proof, verified_at } of rows) {
    const host = verified_at ? name : name === MISPLACED ? `www.${name}` : undefined
    if (host !== undefined && name !== LOST) zone.add({ name: host, type: 'TXT', data: proof!, ttl: TTL })
  }
}
