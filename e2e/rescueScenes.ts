import { findTenantId, findUserByName } from '../server/src/directory/index.ts'
import { issueRescueLink } from '../server/src/links/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { openRescueCase } from './lockedOut.ts'
import type { Scene, Stage } from './stage.ts'

/** A rescue from its first page to its end, for who asks and for those who are told. Partners have to be there; its states are written. */
export async function rescueScenes({ server }: Stage): Promise<Scene[]> {
  const route = '/rescues/:id'
  const { store, services } = server
  const means = () => ({ now: services.clock(), random: services.random, keys: services.keys })
  const firm = await findTenantId(store, 'globex.example')
  const agent = (await inTenant(store, firm, trx => findUserByName(trx, firm, 'admin@globex.example')))!
  const open = (name: string) => openRescueCase(server, name, firm)
  /** `columns`: what its state is. */
  const ask = async (name: string, columns?: string, act = 'newPassword') => {
    const one = await open(name)
    const { json } = await one.browser.post(`/cases/${one.number}/rescue`, { act, userName: one.address })
    const id = json.id as string
    if (columns) await store.pool.query(`update latchkey.rescues set ${columns} where id = $1`, [id])
    return { ...one, id, path: `/rescues/${id}`, route }
  }
  const TAKEN = `taken_at = now(), taken_by = '${agent.id}', taker_name = 'Ada Quay', checked = 'contract', other_tenant_id = '${firm}', provider_name = 'Globex'`
  const COOLING = `${TAKEN}, approved_at = now(), approved_by = '${agent.id}', approver_name = 'Ben Pier', cooling_until = now() + interval '3 days', ends_at = now() + interval '3 days'`
  const READY = `${COOLING}, ready_at = now()`
  /** The same as somebody sees it who could object, by a link of their own. */
  const asTold = async ({ tenantId, id, owner, name, path }: Awaited<ReturnType<typeof ask>>): Promise<Scene> => {
    const browser = server.browser()
    const token = await inTenant(store, tenantId, trx => issueRescueLink(trx, means(), id, { userId: owner.id }))
    await browser.post(`/links/${token}`)
    return { name: `${name}, as who is told`, route, path, browser }
  }
  const start = await open('ask')
  const wrong = await open('wrong')
  const form = { act: 'newPassword', userName: '', phrase: '' }
  await wrong.browser.request('POST', `/cases/${wrong.number}/rescue`, { page: true, form })
  const asked = await ask('asked')
  const cooling = await ask('cooling', COOLING)
  const ready = await ask('ready', READY)
  const code = await ask('code', READY)
  await code.browser.post(`${code.path}/challenges`)
  const password = await ask('password', `${READY}, proved_at = now() - interval '1 minute'`, 'newAdministrator')
  const settling = await ask('settling', `${READY}, finished_at = now(), user_id = '${agent.id}'`)
  const disputed = await ask('disputed', `${COOLING}, disputed_at = now(), refusal = 'administrator_present'`)
  const refused = await ask('refused', `ended_at = now(), outcome = 'refused', refusal = 'no_provider'`)
  const page = (one: Awaited<ReturnType<typeof open>>): Scene => ({
    ...{ name: one.name, route: '/cases/:number/rescue', path: `/cases/${one.number}/rescue`, browser: one.browser },
  })
  const link = await server.message(
    one => one.to === asked.address && one.kind === 'link' && /let back in/.test(one.subject ?? ''),
  )
  return [
    page(start),
    page(wrong),
    asked,
    {
      name: 'rescues/link',
      route: '/links/:token',
      path: /\/links\/[\w-]+/.exec(link.text)![0],
      browser: server.browser(),
    },
    cooling,
    ready,
    code,
    password,
    settling,
    disputed,
    refused,
    await asTold(cooling),
    await asTold(settling),
  ]
}
