import { createApplication } from '../server/src/applications/index.ts'
import { findTenantId } from '../server/src/directory/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import type { TestBrowser } from '../server/src/testing/server.ts'
import { actOf } from './people.ts'
import { refuse, type Scene, type Stage } from './stage.ts'

const person = 'registered@acme.example'

/** Every page of a sign-in on a device without a browser. */
export async function deviceScenes({ server, signIn }: Stage): Promise<Scene[]> {
  const { store, services } = server
  const tenantId = await findTenantId(store, 'acme.example')
  const addresses = { publicClient: ['http://127.0.0.1/callback'] }
  const { appId } = await inTenant(store, tenantId, trx =>
    createApplication(trx, actOf(server), tenantId, { displayName: 'Room screen', addresses }),
  )
  const ask = async (scope = 'openid') => {
    const form = new URLSearchParams({ client_id: appId, scope })
    const answer = await fetch(`${services.origin}/${tenantId}/v2.0/devicecode`, { method: 'POST', body: form })
    return ((await answer.json()) as { user_code: string }).user_code
  }
  const begin = async (browser: TestBrowser, code: string) => {
    const path = (await browser.post('/device', { code })).headers.get('location')!
    await browser.post(`${path}/consent`, { accept: true })
    return path
  }
  const scene = (name: string, path: string, browser: TestBrowser, more: Partial<Scene> = {}): Scene => ({
    name: `device/${name}`,
    route: path.startsWith('/signin/') ? '/signin/:id' : '/device',
    path,
    browser,
    ...more,
  })
  const somebody = server.browser()
  const guessing = { act: refuse({ code: 'BCDF-GHJK' }) }
  const browser = await signIn(person)
  const [confirmation, done, declined, over] = [
    await begin(browser, await ask()),
    await begin(browser, await ask()),
    await begin(browser, await ask()),
    await begin(browser, await ask()),
  ]
  await browser.post(`${done}/confirm`)
  await browser.post(`${declined}/cancel`)
  await store.pool.query(
    'update device_codes set expires_at = asked_at where id = (select device_code_id from sign_ins where id = $1)',
    [over.split('/').at(-1)],
  )
  return [
    scene('code', '/device', somebody),
    scene('code, filled in', `/device?user_code=${await ask()}`, somebody),
    scene('code, wrong', '/device', server.browser(), guessing),
    scene('confirmation', confirmation, browser),
    scene('done', done, browser),
    scene('declined', declined, browser),
    scene('over', over, browser),
    scene('needs approval', await begin(browser, await ask('openid User.Read.All')), browser),
  ]
}
