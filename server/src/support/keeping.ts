import { createHash } from 'node:crypto'
import { demand, isAdministrator, type Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { lockTenant } from '../directory/index.ts'
import { listsEtag } from '../odata/index.ts'
import type { Trx } from '../store/index.ts'
import type { Contact } from './contacts.ts'
import { refuse, refuseProgram } from './errors.ts'
import { ContactsFileError, readContacts } from './file.ts'
import { importContacts, listContacts } from './queries.ts'

/** A company's own contacts, in their order, with what tells one state of them from another. */
export interface KeptContacts {
  contacts: Contact[]
  version: string
}

/** The company's own contacts. Those for administrators alone are among them, so that nobody else reads the list. */
export async function readKeptContacts(trx: Trx, act: Act): Promise<KeptContacts> {
  demand(act, 'organization.read', { kind: 'tenant', tenantId: trx.tenantId })
  const { actor } = act
  if (actor.kind === 'user' && !isAdministrator({ roles: actor.roles as readonly Role[] })) throw refuse('forbidden')
  return keptOf(trx)
}

async function keptOf(trx: Trx): Promise<KeptContacts> {
  const contacts = await listContacts(trx)
  const version = createHash('sha256').update(JSON.stringify(contacts)).digest('base64url').slice(0, 16)
  return { contacts, version }
}

/**
 * Puts these in the place of all contacts of the company, judged as an import judges its file: all or nothing.
 * Throws `forbidden`, `resource_modified`, `contacts_invalid` with the place of each fault.
 */
export async function keepContacts(
  trx: Trx,
  act: Act,
  { file, ifMatch }: { file: object; ifMatch: string | undefined },
): Promise<void> {
  demand(act, 'organization.write', { kind: 'tenant', tenantId: trx.tenantId })
  const contacts = told(() => readContacts(JSON.stringify(file)))
  await lockTenant(trx, trx.tenantId)
  if (ifMatch !== undefined && !listsEtag(ifMatch, (await keptOf(trx)).version))
    throw refuseProgram('resource_modified')
  await importContacts(trx, act, contacts)
}

const CODES: Record<string, string> = { 'is missing': 'property_required', 'is unknown': 'property_unknown' }

/** Tells programs of the faults by the places of the values. */
function told<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ContactsFileError)) throw error
    const errors = error.faults.map(({ pointer, why }) => ({
      field: pointer.slice(1),
      code: CODES[why] ?? 'property_invalid',
    }))
    throw refuseProgram('contacts_invalid', { errors })
  }
}
