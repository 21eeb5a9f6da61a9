import type { Act } from '../act.ts'
import { findHelpers, getTenant, type Helper } from '../directory/index.ts'
import { type DomainVariables, mailAdministrators } from '../notifications/index.ts'
import type { Trx } from '../store/index.ts'
import type { Finding } from './diagnosis.ts'

/** The roles of those who keep a company's domains. */
const KEEPERS = [['Global Administrator', 'Domain Name Administrator']] as const

/** Mails everybody who keeps the domains, and the person who added this one (work accounts on the wire, §2). */
export async function tellKeepers(
  trx: Trx,
  act: Act,
  about: DomainVariables['about'],
  { name, diagnosis, until }: { name: string; diagnosis?: Finding[]; until?: Date },
): Promise<void> {
  const tenant = await getTenant(trx, trx.tenantId)
  const keepers = await findHelpers(trx, trx.tenantId, KEEPERS)
  const adder = await findAdder(trx, name)
  const administrators = adder && !keepers.some(({ id }) => id === adder.id) ? [...keepers, adder] : keepers
  const variables = {
    organization: tenant.displayName,
    domain: name,
    about,
    ...(diagnosis && { diagnosis }),
    ...(until && { until: until.toISOString() }),
  }
  await mailAdministrators(trx, act, { tenant, administrators }, { template: 'domain', variables })
}

/** The person who added the domain, where they are still there. */
async function findAdder(trx: Trx, name: string): Promise<Helper | undefined> {
  const found = await trx
    .selectFrom('domains')
    .innerJoin('users', join =>
      join.onRef('users.tenant_id', '=', 'domains.tenant_id').onRef('users.id', '=', 'domains.added_by'),
    )
    .select([
      'users.id',
      'users.mail',
      'users.user_principal_name as upn',
      'users.preferred_language as preferredLanguage',
    ])
    .where('domains.tenant_id', '=', trx.tenantId)
    .where('domains.name', '=', name)
    .where('users.account_enabled', '=', true)
    .executeTakeFirst()
  return found && { id: found.id, mail: found.mail ?? found.upn, preferredLanguage: found.preferredLanguage }
}
