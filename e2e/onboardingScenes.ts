import { findTenantId } from '../server/src/directory/index.ts'
import { takeDueStep } from '../server/src/testing/steps.ts'
import type { Scene, Stage } from './stage.ts'

/** How a company finds out how to begin: each question, each outcome, and where one stands on the way. */
export async function onboardingScenes({ server, signIn }: Stage): Promise<Scene[]> {
  const route = '/start/:id'
  const begin = async (name: string, ...said: [question: string, answer: string][]) => {
    const browser = server.browser()
    return { ...(await beginIn(browser, said)), name: `onboarding/${name}` }
  }
  const beginIn = async (browser: Scene['browser'], said: [question: string, answer: string][]) => {
    const { json } = await browser.post('/start', {})
    const path = `/start/${json.id}`
    for (const [question, answer] of said) await browser.post(`${path}/answers`, { question, answer })
    return { browser, path, route }
  }
  const has: [string, string] = ['has-domain', 'yes']
  const unknown: [string, string] = ['domain', 'kestrel-marsh-optics.example']
  const mistyped = await begin('mistyped', has)
  await mistyped.browser.submit(`${mistyped.path}/answers`, { question: 'domain', answer: 'no domain' })
  const mailed = await begin('mailed', has, unknown, ['used-here', 'no'])
  await mailed.browser.submit(`${mailed.path}/link`, { address: 'ann@kestrel-marsh-optics.example' })
  const link = await server.message(({ kind, to }) => kind === 'link' && to === 'ann@kestrel-marsh-optics.example')
  const admin = await signIn('admin@acme.example')
  await takeDueStep(server, admin)
  const known: [string, string] = ['domain', 'acme.example']
  const arrived = await beginIn(admin, [has, known])
  const existing = await beginIn(admin, [has, unknown, ['used-here', 'yes']])
  const waiting = await beginIn(admin, [has, unknown, ['used-here', 'yes']])
  await admin.post(`${waiting.path}/tenant`, { use: 'this', willUse: 40 })
  await admin.post('/domains', { name: unknown[1] })
  const acme = await findTenantId(server.store, 'acme.example')
  await server.store.pool.query('update latchkey.domains set next_check_at = $3 where tenant_id = $1 and name = $2', [
    ...[acme, unknown[1], new Date('2026-03-02T09:00:00.000Z')],
  ])
  const over = await begin('over', has)
  await server.store.pool.query('update latchkey.onboardings set expires_at = created_at where id = $1', [
    over.path.slice('/start/'.length),
  ])
  return [
    { name: 'onboarding/start', route: '/start', path: '/start', browser: server.browser() },
    { name: 'onboarding/begun', route: '/start', path: '/start', browser: mailed.browser },
    await begin('has domain'),
    await begin('domain', has),
    mistyped,
    await begin('used here', has, unknown),
    await begin('create', ['has-domain', 'no']),
    await begin('sign in', has, known),
    await begin('unmanaged', has, ['domain', 'umbrella.example']),
    await begin('prove, then sign in', has, unknown, ['used-here', 'yes']),
    { ...mailed, path: `${mailed.path}?sent` },
    { ...existing, name: 'onboarding/advice', path: existing.path },
    { ...existing, name: 'onboarding/compared', path: `${existing.path}?willUse=3` },
    { ...waiting, name: 'onboarding/waiting' },
    { ...arrived, name: 'onboarding/arrived' },
    over,
    {
      ...{ name: 'onboarding/link', route: '/links/:token', browser: server.browser() },
      path: /\/links\/[\w-]+/.exec(link.text)![0],
    },
  ]
}
