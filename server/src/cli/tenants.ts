import {
  checkName,
  columns,
  modules,
  needed,
  note,
  print,
  UsageError,
  type Values,
  withMeans,
  withStore,
} from './command.ts'
import { makePassword, shown } from './users.ts'

export async function createTenant({ admin, name, color, country }: Values, domain: string) {
  const userPrincipalName = needed(admin, '--admin')
  const displayName = checkName(typeof name === 'string' ? name : domain, '--name')
  if (typeof color === 'string' && !/^#[0-9a-f]{6}$/i.test(color))
    throw new UsageError('--color is written #rrggbb, in quotes.')
  const on = await modules()
  const { directory } = on
  if (typeof country === 'string' && !on.methods.isCountry(country))
    throw new UsageError('--country is a code of two capital letters, such as GB.')
  const password = await withMeans(on, async (db, means) => {
    await on.main.prepareDatabase(db, means.keys, 'production')
    const tenantId = means.random.uuid(means.now)
    const temporary = await makePassword(on, db, means, { ...directory.nobody(tenantId), userPrincipalName })
    await on.store.inTenant(db, tenantId, async trx => {
      const own = { ...(typeof color === 'string' && { color }), ...(typeof country === 'string' && { country }) }
      await directory.createTenant(trx, means, tenantId, { displayName, domain, ...own })
      const user = await directory.createUser(trx, means, tenantId, { userPrincipalName, displayName: 'Administrator' })
      await directory.assignRole(trx, means, tenantId, user.id, 'Global Administrator')
      await temporary.setFor(trx, user)
      await note(on, trx, means, tenantId, 'tenant.created', { id: tenantId, name: domain })
      await note(on, trx, means, tenantId, 'user.created', { id: user.id, name: user.userPrincipalName })
    })
    return temporary
  })
  print(
    `The tenant ${domain} was created. Its administrator ${userPrincipalName} signs in with this password.`,
    'It is shown only now, and must be changed at the first sign-in:',
    ...shown(password),
    `Reset is still off: latchkey tenant policy ${domain} --set enabled=true`,
  )
}

export async function listTenants() {
  const { directory, store } = await modules()
  const rows = await withStore(async db => {
    const found = []
    for (const { id, displayName } of await directory.listTenants(db)) {
      const domains = await store.inTenant(db, id, trx => directory.listDomains(trx, id))
      found.push([domains.join(', '), displayName, id])
    }
    return found
  })
  print(...columns(rows))
}
