import { createApplication } from '../server/src/applications/index.ts'
import { PASSWORD } from '../server/src/demo/index.ts'
import { findTenantId } from '../server/src/directory/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import type { TestBrowser } from '../server/src/testing/server.ts'
import { takeStep } from '../server/src/testing/steps.ts'
import { actOf } from './people.ts'
import { refuse, type Scene, type Stage } from './stage.ts'

const CALLBACK = 'https://app.example/callback'
const person = 'registered@acme.example'

/** Every page of a sign-in to an application, in each of its states, and of requests that lead to no application. */
export async function applicationScenes({ server, signIn }: Stage): Promise<Scene[]> {
  const { store, clock } = server
  const tenantId = await findTenantId(store, 'acme.example')
  const register = async (platform: 'web' | 'publicClient', more: object = {}, tenant = tenantId) => {
    const given = { displayName: 'Expenses', addresses: { [platform]: [CALLBACK] }, ...more }
    return (await inTenant(store, tenant, trx => createApplication(trx, actOf(server), tenant, given))).appId
  }
  const request = (appId: string, more: Record<string, string> = {}, tenant = tenantId) =>
    `/${tenant}/v2.0/authorize?${new URLSearchParams({
      client_id: appId,
      response_type: 'code',
      scope: 'openid',
      nonce: 'nonce',
      redirect_uri: CALLBACK,
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
      ...more,
    })}`
  const open = async (browser: TestBrowser, to: string) => {
    const { headers, text } = await browser.page(to)
    const path = headers.get('location')
    if (!path?.startsWith('/signin/')) throw new Error(`No sign-in was begun: ${path ?? text}`)
    return { browser, path }
  }
  const begin = (appId: string, more?: Record<string, string>, browser = server.browser()) =>
    open(browser, request(appId, more))
  type Begun = Awaited<ReturnType<typeof begin>>
  const send = async (begun: Begun, step: string, body: object) => {
    const answer = await begun.browser.post(`${begun.path}/${step}`, body)
    if (answer.status >= 300) throw new Error(`${step} answered ${answer.status}: ${answer.text}`)
    return begun
  }
  const scene = (name: string, { browser, path }: Begun, more: Partial<Scene> = {}): Scene => ({
    name: `application/${name}`,
    route: '/signin/:id',
    path,
    browser,
    ...more,
  })
  const logout = (name: string, browser: TestBrowser, page: string, asked: Record<string, string> = {}): Scene => ({
    name: `application/${name}`,
    route: undefined,
    path: `/${tenantId}/v2.0/${page}?${new URLSearchParams(asked)}`,
    browser,
    ...(page === 'logout/done' && { waits: true }),
  })
  const problem = (name: string, path: string) => scene(name, { browser: server.browser(), path }, { route: undefined })

  for (let n = 0; n < 10; n++)
    await server.browser().post('/signin', { username: 'paused@acme.example', password: `wrong ${n}` })
  const web = await register('web')
  const leaving = await register('web', { postLogoutRedirectUris: [CALLBACK] })
  const named = await begin(web, { login_hint: person })
  const consenting = await begin(web, { scope: 'openid profile User.Read' }, await signIn(person))
  const declined = await begin(web, {}, await signIn(person))
  await send(declined, 'consent', { accept: false })
  const approval = await begin(web, { scope: 'openid User.Read.All', login_hint: person })
  await send(approval, 'password', { password: PASSWORD })
  await send(approval, 'stay', { stay: false })
  const unapproved = await register('web')
  const greedy = { scope: 'openid User.Read.All' }
  const asking = await send(await begin(unapproved, greedy, await signIn(person)), 'contact', {})
  const later = await begin(unapproved, greedy, await signIn(person))
  const elsewhere = async (name: string) => {
    const tenant = await findTenantId(store, name.split('@')[1]!)
    return open(await signIn(name), request(await register('web', {}, tenant), greedy, tenant))
  }
  const unassigned = await begin(await register('web', { assignmentRequired: true }), { login_hint: person })
  await send(unassigned, 'password', { password: PASSWORD })
  const asked = await begin(web, { login_hint: person })
  await send(asked, 'password', { password: PASSWORD })
  await send(unassigned, 'stay', { stay: false })
  const lacking = await signIn('new@acme.example')
  await lacking.post('/security-info/later')
  const agreed = await register('web')
  const done = await begin(agreed, {}, await signIn(person))
  await send(done, 'consent', { accept: true })
  const administrator = await signIn('admin@acme.example')
  await takeStep(server, administrator)
  const choosing = await begin(web, { scope: 'openid User.Read' }, administrator)
  const general = await begin(web, { scope: 'openid Group.Read.All' }, administrator)
  const several = await signIn(person)
  await several.post('/signin', { username: 'outside@globex.example', password: PASSWORD })
  const native = await register('publicClient')
  const { browser } = await send(await begin(native, {}, await signIn(person)), 'consent', { accept: true })
  const expired = await begin(web)
  await inTenant(store, tenantId, trx =>
    trx
      .updateTable('sign_ins')
      .set({ expires_at: clock.now() })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', expired.path.split('/').at(-1)!)
      .execute(),
  )
  return [
    scene('name', await begin(web)),
    scene('choose an account', await begin(web, { prompt: 'select_account' }, await signIn(person))),
    scene('password', named),
    scene('password, wrong', await begin(web, { login_hint: 'nobody@acme.example' }), {
      act: refuse({ password: 'wrong' }),
    }),
    scene('password, paused', await begin(web, { login_hint: 'paused@acme.example' }), {
      act: refuse({ password: 'wrong' }),
    }),
    scene('access pass', { ...named, path: `${named.path}?way=pass` }),
    scene('another name', { ...named, path: `${named.path}?other` }),
    scene('stay signed in', asked),
    scene('consent', consenting),
    scene('consent, of an administrator', choosing),
    scene('consent, for everybody alone', general),
    scene('mine', { ...done, path: '/my-applications' }, { route: '/my-applications' }),
    scene('confirmation', await begin(native, {}, browser)),
    scene('declined', declined),
    scene('needs approval', approval),
    scene('needs approval, asked', asking),
    scene('needs approval, asked earlier', later),
    scene('needs approval, of a help desk', await elsewhere('outside@globex.example')),
    scene('needs approval, of nobody', await elsewhere('someone@initech.example')),
    scene('not assigned', unassigned),
    scene('no second step', await begin(web, { acr_values: 'mfa' }, lacking)),
    scene('of an account that is not the current one', await begin(web, { acr_values: 'mfa' }, several)),
    scene('expired', expired),
    scene('on the way', done, { waits: true }),
    scene(
      'answer by a form',
      { ...done, path: request(agreed, { response_mode: 'form_post' }) },
      { route: undefined, waits: true },
    ),
    problem('organization', '/organizations/v2.0/authorize?client_id=latchkey-admin'),
    problem(
      'organization, unknown',
      '/organizations/v2.0/authorize?client_id=latchkey-admin&login_hint=me%40nowhere.example',
    ),
    problem('unknown', request(actOf(server).trail.correlationId)),
    problem('another address', request(web, { redirect_uri: 'https://elsewhere.example/' })),
    logout('sign-out', await signIn(person), 'logout', { client_id: leaving }),
    logout('sign-out, of nobody', await signIn(person), 'logout'),
    logout('signed out', server.browser(), 'logout/done', { client_id: leaving, post_logout_redirect_uri: CALLBACK }),
    logout('sign-out, refused', server.browser(), 'logout', { post_logout_redirect_uri: CALLBACK }),
    scene('number', { browser: server.browser(), path: '/error?code=7000222' }, { route: '/error' }),
    problem('number, unknown', '/error?code=1'),
    problem('no such request', `/${tenantId}/v2.0/authorize/none`),
  ]
}
