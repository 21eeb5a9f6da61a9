import { createTenant, createUser } from '../server/src/directory/index.ts'
import { issueTakeoverLink } from '../server/src/links/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import type { Scene, Stage } from './stage.ts'

/** A takeover from its first page to its end, for who claims and for those who are there. The test server asks no DNS, so its states are written. */
export async function takeoverScenes({ server, signIn }: Stage): Promise<Scene[]> {
  const route = '/takeovers/:id'
  const { store, services } = server
  const means = () => ({ now: services.clock(), random: services.random, keys: services.keys })
  /** Begins a claim to a domain of its own. */
  const begin = async (name: string) => {
    const domain = `${name}-takeover.example`
    const tenantId = services.random.uuid(services.clock())
    const member = await inTenant(store, tenantId, async trx => {
      await createTenant(trx, means(), tenantId, { displayName: 'Hooli', domain, unmanaged: true })
      return createUser(trx, means(), tenantId, { userPrincipalName: `ann@${domain}`, displayName: 'Ann' })
    })
    const browser = server.browser()
    const address = `boss@${domain}`
    const { json } = await browser.post('/takeovers', { domain, address })
    const path = `/takeovers/${json.id}`
    const challenge = json.challenge.id as string
    return {
      browser,
      path,
      tenantId,
      id: json.id as string,
      member,
      address,
      challenge,
      name: `takeovers/${name}`,
      route,
    }
  }
  const proved = async (name: string, columns?: string) => {
    const begun = await begin(name)
    const code = await server.code(begun.address)
    await begun.browser.post(`${begun.path}/proofs`, { challenge: begun.challenge, code })
    if (columns) await store.pool.query(`update latchkey.takeovers set ${columns} where id = $1`, [begun.id])
    return begun
  }
  /** The same claim as somebody sees it who is there, by a link of their own. */
  const asMember = async ({ tenantId, id, member, name, path }: Awaited<ReturnType<typeof begin>>): Promise<Scene> => {
    const browser = server.browser()
    const token = await inTenant(store, tenantId, trx =>
      issueTakeoverLink(trx, means(), { takeoverId: id, userId: member.id }),
    )
    await browser.post(`/links/${token}`)
    return { name: `${name}, as a member`, route, path, browser }
  }
  const found = JSON.stringify({
    ...{ at: '2026-03-02T09:00:00.000Z', result: 'pending', asked: [] },
    diagnosis: [{ code: 'not_found', host: 'dns-takeover.example' }],
  })
  const WAITS = "waiting_since = now(), ends_at = now() + interval '3 days'"
  const code = await begin('code')
  const dns = await proved('dns', `last_check = '${found}'`)
  const waiting = await proved('waiting', WAITS)
  const ready = await proved('ready', `${WAITS}, ready_at = now()`)
  const finished = await proved('finished', `${WAITS}, ready_at = now(), finished_at = now() + interval '1 hour'`)
  const disputed = await proved('disputed', `${WAITS}, disputed_at = now()`)
  const refused = await proved('refused', `${WAITS}, ended_at = now(), outcome = 'refused', refusal = 'objection'`)
  const undone = await proved('undone', `${WAITS}, ended_at = now(), outcome = 'undone'`)
  const TAKING = "kind = 'external', company = 'Acme (acme.example)'"
  const asked = await proved('taking-waiting', `${TAKING}, ${WAITS}`)
  const taking = await proved('taking-ready', `${TAKING}, ${WAITS}, ready_at = now()`)
  const taken = await proved('taking-finished', `${TAKING}, ${WAITS}, ready_at = now()`)
  await store.pool.query(
    "update latchkey.takeovers set finished_at = now(), former = json_build_object('people', json_build_array($2::text)) where id = $1",
    [taken.id, taken.member.id],
  )
  const wrong = server.browser()
  await wrong.request('POST', '/takeovers', { page: true, form: { domain: 'x', address: '' } })
  const link = await server.message(one => one.to === dns.address && one.kind === 'link')
  const browser = server.browser()
  const first = await signIn('first@umbrella.example')
  const own = (page: string): Scene => ({
    ...{ name: `account/${page}`, route: `/account/${page}`, path: `/account/${page}`, browser: first },
  })
  return [
    { name: 'takeovers/start', route: '/takeovers', path: '/takeovers?domain=umbrella.example', browser },
    { name: 'takeovers/wrong', route: '/takeovers', path: '/takeovers', browser: wrong },
    ...[code, dns, waiting, ready, finished, disputed, refused, undone, taking, taken],
    await asMember(asked),
    await asMember(taken),
    await asMember(waiting),
    await asMember(finished),
    await asMember(disputed),
    await asMember(refused),
    ...['export', 'closure', 'closed'].map(own),
    { name: 'takeovers/link', route: '/links/:token', path: /\/links\/[\w-]+/.exec(link.text)![0], browser },
  ]
}
