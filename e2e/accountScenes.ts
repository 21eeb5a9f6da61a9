import type { Page } from 'playwright-core'
import { PASSWORD } from '../server/src/demo/index.ts'
import { assignRole, setContactInfo } from '../server/src/directory/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { newAuthenticator, registerPasskey } from '../server/src/testing/authenticator.ts'
import { forgedPasskey } from '../server/src/testing/forgedPasskey.ts'
import type { TestBrowser } from '../server/src/testing/server.ts'
import { addKeeper, askForCode } from './keeper.ts'
import { addAuthenticator } from './passkeys.ts'
import { actOf, addPerson } from './people.ts'
import { openScene, refuse, refuseUnchecked, type Scene, type Stage } from './stage.ts'

/** Every page of sign-in, security info, account and demonstration, and of problems without a page. */
export async function accountScenes(stage: Stage): Promise<Scene[]> {
  const { server, signIn } = stage
  const scene = (name: string, path: string, browser: TestBrowser, act?: Scene['act']): Scene => ({
    name,
    route: path.split('?')[0],
    path,
    browser,
    act,
  })
  const somebody = server.browser()
  const registered = await signIn('registered@acme.example')
  const unmanaged = await signIn('first@umbrella.example')
  await unmanaged.post('/security-info/later')
  const fresh = await signIn('new@acme.example')
  const forced = await signIn('temporary@acme.example')

  const begin = async (name: string, body: Record<string, string>, delivery?: 'pending' | 'sent' | 'failed') => {
    await addPerson(server, name, PASSWORD)
    const browser = await signIn(name)
    const { json } = await browser.post('/security-info/challenges', body)
    if (delivery) await stage.deliver(json.id, delivery)
    return browser
  }
  const phone = { kind: 'mobilePhone', phoneNumber: '+12065550180', channel: 'sms' }
  const code = await begin('scene-code@acme.example', phone, 'sent')
  const failed = await begin('scene-failed@acme.example', { kind: 'email', address: 'scene@mail.example' }, 'failed')
  const waiting = await begin('scene-waiting@acme.example', phone, 'pending')
  const app = await begin('scene-app@acme.example', { kind: 'authenticatorCode' })

  /** A person for whom a number was filled in, and who added an address by the password alone. */
  const owner = await addPerson(server, 'scene-added@acme.example', PASSWORD)
  const filledIn = { kind: 'mobilePhone', value: '+12065550183', setBy: 'administrator' } as const
  await inTenant(server.store, owner.tenantId, trx => setContactInfo(trx, actOf(server), owner, filledIn))
  const adding = await signIn(owner.userPrincipalName)
  const address = 'scene-added@mail.example'
  const { json: adds } = await adding.post('/security-info/challenges', { kind: 'email', address })
  await adding.post('/security-info/methods', { challenge: adds.id, code: await server.code(address) })

  const keeper = await addKeeper(stage, 'scene-keeper@acme.example')
  // One for each language: a new sheet ends the older one.
  let sheets = 0
  const showCodes = async (tab: Page) => {
    const { browser } = await addKeeper(stage, `scene-sheet-${sheets++}@acme.example`)
    await openScene(tab, server, setUp('recoveryCode', browser))
    await tab.locator('main form .button-primary').click()
    await tab.locator('.sheet').waitFor()
  }
  const few = await addKeeper(stage, 'scene-few@acme.example')
  for (const used of few.codes.slice(2))
    await few.browser.post('/session/proofs', { challenge: await askForCode(few.browser, few.sheet), code: used })
  await askForCode(few.browser, few.sheet)
  /** A person with a passkey on two devices, of which one is named. */
  const withPasskeys = async (name: string) => {
    await addPerson(server, name, PASSWORD, { email: `${name.split('@')[0]}@mail.example` })
    const browser = await signIn(name)
    const method = await ownId(browser, 'email')
    const { challenge } = (await browser.post('/session/challenges', { method })).json
    const code = await server.code(`${name.split('@')[0]}@mail.example`)
    await browser.post('/session/proofs', { challenge: challenge.id, code })
    const { id } = await registerPasskey(browser, newAuthenticator())
    const { id: named } = await registerPasskey(browser, newAuthenticator())
    await browser.post(`/security-info/passkeys/${named}/name`, { name: 'Work laptop' })
    return { browser, id, named }
  }

  const ownId = async (browser: TestBrowser, kind: string): Promise<string> => {
    const { methods } = (await browser.get('/security-info')).json
    return methods.find((one: { kind: string }) => one.kind === kind).id
  }
  const asked = async (kind: string, delivery?: 'sent' | 'failed') => {
    const browser = await signIn('registered@acme.example')
    const { json } = await browser.post('/session/challenges', { method: await ownId(browser, kind) })
    if (delivery) await stage.deliver(json.challenge.id, delivery)
    return browser
  }
  const stepping = await signIn('admin@acme.example')
  const stepped = await signIn('admin@acme.example')
  const { methods: steps } = (await stepped.get('/session')).json
  const { json: sent } = await stepped.post('/session/challenges', { method: steps[1].id })
  await stage.deliver(sent.challenge.id, 'sent')
  const keyed = await withPasskeys('scene-keys@acme.example')
  /** A person with a passkey, who has signed in by the password. */
  const passkeyOwner = async (name: string, role?: 'Helpdesk Administrator') => {
    const user = await addPerson(server, name, PASSWORD, { email: name.replace('acme', 'mail') })
    await stage.givePasskey(user)
    if (role) await inTenant(server.store, user.tenantId, trx => assignRole(trx, actOf(server), user.id, role))
    return signIn(name)
  }
  const keeping = await passkeyOwner('scene-keeping@acme.example')
  const touching = await passkeyOwner('scene-touching@acme.example', 'Helpdesk Administrator')
  const email = await ownId(registered, 'email')
  const proving = await asked('email', 'sent')
  const unreached = await asked('email', 'failed')
  const answering = await asked('securityQuestions')

  /** A person in whose account another browser has signed in and given a proof by mail. */
  const intruded = async (name: string, more: Record<string, string> = {}) => {
    const email = `${name.split('@')[0]}@mail.example`
    await addPerson(server, name, PASSWORD, { email, ...more })
    const other = await signIn(name)
    const { json } = await other.post('/session/challenges', { method: await ownId(other, 'email') })
    await other.post('/session/proofs', { challenge: json.challenge.id, code: await server.code(email) })
    const browser = await signIn(name)
    const { activity } = (await browser.get('/account/activity')).json
    const { id } = activity.find(
      (one: { activity: string; here?: true }) => one.activity === 'signin.succeeded' && !one.here,
    )
    return { browser, id: String(id) }
  }
  const reporting = async (name: string, more?: Record<string, string>) => {
    const found = await intruded(name, more)
    await found.browser.post(`/account/activity/${found.id}/report`)
    return found
  }
  const another = { mobilePhone: '+12065550182' }
  const suspect = await intruded('scene-suspect@acme.example', another)
  const lost = await intruded('scene-lost@acme.example')
  const made = await reporting('scene-made@acme.example', another)
  const stranded = await reporting('scene-stranded@acme.example')
  const reported = (name: string, browser: TestBrowser, id: string): Scene => ({
    name,
    route: '/account/activity/:id/report',
    path: `/account/activity/${id}/report`,
    browser,
  })

  const setUp = (
    kind: string,
    browser: TestBrowser,
    name = `security info/set up ${kind}`,
    act?: Scene['act'],
  ): Scene => ({
    name,
    route: '/security-info/set-up/:kind',
    path: `/security-info/set-up/${kind}`,
    browser,
    act,
  })
  for (let failures = 0; failures < 10; failures++)
    await server.browser().post('/signin', { username: 'guessed@acme.example', password: `wrong ${failures}` })
  /** A sign-in of this name, and of this password where one is typed. */
  const named = async (about: string, username: string, password?: string): Promise<Scene> => {
    const browser = server.browser()
    const path = (await browser.post('/signin/start', { username })).headers.get('location') ?? ''
    return {
      ...scene(about, path, browser, password === undefined ? undefined : refuse({ password })),
      route: '/signin/:id',
    }
  }
  const late = await named('sign-in, expired', 'late@acme.example')
  await server.store.pool.query('update sign_ins set expires_at = created_at where id = $1', [
    late.path.split('/').at(-1),
  ])
  return [
    scene('sign-in', '/signin', somebody),
    scene('sign-in, of a tenant', '/signin?username=registered%40acme.example', somebody),
    scene('sign-in, accounts', '/signin', registered),
    scene('sign-in, unknown passkey', '/signin', server.browser(), refuseByUnknownPasskey),
    scene('sign-in, nameless', '/signin', somebody, refuse({ username: ' ' })),
    await named('sign-in, password', 'registered@acme.example'),
    await named('sign-in, of nobody’s domain', 'someone@nowhere.example'),
    await named('sign-in, refused', 'nobody@acme.example', 'wrong'),
    await named('sign-in, locked', 'guessed@acme.example', 'wrong'),
    await named('sign-in, switched off', 'disabled@acme.example', PASSWORD),
    late,
    scene('signed out', '/signin?signed-out', somebody),
    scene('security info', '/security-info', registered),
    scene('security info/register', '/security-info', fresh),
    scene('security info/added by the password', '/security-info', adding),
    scene('security info/confirm', '/security-info', await signIn('prefilled@acme.example')),
    scene('security info/confirm again', '/security-info', await signIn('stale@acme.example')),
    scene('security info/a passkey alone', '/security-info', await signIn('someone@initech.example')),
    scene('security info/passkeys', '/security-info', keyed.browser),
    setUp('passkey', fresh),
    setUp('passkey', fresh, 'security info/set up passkey, cancelled', async tab => {
      const device = await addAuthenticator(tab, { verified: false })
      await tab.locator('.passkey button').click()
      await tab.locator('[data-reason=cancelled]').waitFor()
      await device.remove()
    }),
    ...(['made', 'rename'] as const).map(about => ({
      ...scene(
        `security info/passkey, ${about}`,
        `/security-info/passkeys/${about === 'made' ? `${keyed.id}/name?made` : `${keyed.named}/name`}`,
        keyed.browser,
      ),
      route: '/security-info/passkeys/:id/name',
    })),
    {
      ...scene('security info/passkey, removal', `/security-info/methods/${keyed.named}/removal`, keyed.browser),
      route: '/security-info/methods/:id/removal',
    },
    setUp('mobilePhone', fresh),
    setUp('mobilePhone', fresh, 'security info/set up mobilePhone, no number', refuse({ number: '12' })),
    setUp('email', fresh),
    setUp('email', fresh, 'security info/set up email, own address', refuse({ address: 'new@acme.example' })),
    setUp('authenticatorCode', fresh),
    setUp('securityQuestions', fresh),
    setUp(
      'securityQuestions',
      fresh,
      'security info/set up securityQuestions, too short',
      refuseUnchecked({
        'answer.0': 'x',
        'answer.1': 'bbb',
        'answer.2': 'ccc',
        'answer.3': 'ddd',
        'answer.4': 'eee',
      }),
    ),
    scene('security info/code, being sent', '/security-info/code', waiting),
    scene('security info/code', '/security-info/code', code),
    scene('security info/code, not delivered', '/security-info/code', failed),
    scene('security info/code, wrong', '/security-info/code', code, refuse({ code: '12345' })),
    scene('security info/code, none open', '/security-info/code', fresh),
    scene('security info/app', '/security-info/code', app),
    scene('security info/thanks', '/security-info/thanks', registered),
    scene('security info/thanks, more needed', '/security-info/thanks', fresh),
    {
      ...scene('security info/removal', `/security-info/methods/${email}/removal`, registered),
      route: '/security-info/methods/:id/removal',
    },
    setUp('recoveryCode', keeper.browser),
    {
      ...setUp('recoveryCode', keeper.browser, 'security info/recovery codes', showCodes),
      route: '/security-info/recovery-codes',
    },
    scene('security info/recovery codes, shown before', '/security-info/recovery-codes', keeper.browser),
    scene('security info/few recovery codes', '/security-info', few.browser),
    scene('account/few recovery codes', '/account', few.browser),
    scene('proof/recovery code', '/session/proof', few.browser),
    scene('proof/recovery code, malformed', '/session/proof', few.browser, refuse({ recoveryCode: '123456' })),
    scene('proof/ways', '/session/proof', registered),
    scene('proof/ways, with a passkey', '/session/proof', keeping),
    scene('proof/code', '/session/proof', proving),
    scene('proof/code, not delivered', '/session/proof', unreached),
    scene('proof/questions', '/session/proof', answering),
    scene('second step/ways', '/session/step?next=%2Faccount', stepping),
    scene('second step/ways, with a passkey', '/session/step?next=%2Faccount', touching),
    scene('second step/code', '/session/step?next=%2Faccount', stepped),
    scene('account', '/account', registered),
    scene('account, password changed', '/account?changed', registered),
    scene('account/access', '/account/access', registered),
    scene('account/access, nobody to ask', '/account/access', unmanaged),
    scene('account/activity', '/account/activity', registered),
    scene('account/activity, of two browsers', '/account/activity', suspect.browser),
    reported('account/report', suspect.browser, suspect.id),
    reported('account/report, no way back', lost.browser, lost.id),
    reported('account/report, made', made.browser, made.id),
    reported('account/report, made, no way back', stranded.browser, stranded.id),
    scene('security info/blocked', '/security-info', made.browser),
    scene('proof/blocked', '/session/proof', stranded.browser),
    scene('account/password', '/account/password', registered),
    scene('account/password, forced', '/account/password', forced),
    scene(
      'account/password, current one wrong',
      '/account/password',
      registered,
      refuse({
        currentPassword: 'wrong',
        newPassword: 'Good enough 1',
      }),
    ),
    scene('demonstration', '/demo', somebody),
    { ...scene('demonstration, first page', '/', somebody), route: undefined },
    scene('demonstration/app', '/demo/app', somebody),
    { ...scene('demonstration/app, signed in', '/demo/app', somebody), act: showClaims },
    { ...scene('demonstration/outbox', '/demo/outbox', somebody), waits: true },
    { ...scene('problem, no such page', '/nowhere', somebody), route: undefined },
    {
      ...scene('problem, another browser’s journey', '/reset/01a1fa0f-a10a-75f1-8694-58aa85d70b7d', somebody),
      route: undefined,
    },
    {
      ...scene('problem, from another site', '/signin', somebody, async tab => {
        // A page without an origin of its own stands for a frame on another site.
        const action = tab.url()
        await tab.goto(`data:text/html,<form method=post action="${action}"><button>x</button></form>`)
        await tab.getByRole('button').click()
        await tab.locator('h1').waitFor()
      }),
      route: undefined,
    },
  ]
}

/** Hands in the answer of a passkey that is not on record. */
async function refuseByUnknownPasskey(tab: Page) {
  const form = tab.locator('form.passkey')
  const options = JSON.parse((await form.getAttribute('data-options')) ?? '')
  const userHandle = Buffer.alloc(32).toString('base64url')
  const answer = forgedPasskey().get(new URL(tab.url()).origin, options, { userHandle })
  await form.evaluate((one, credential) => {
    const { elements, submit } = one as HTMLFormElement
    ;(elements.namedItem('credential') as HTMLInputElement).value = credential
    submit.call(one)
  }, JSON.stringify(answer))
  await tab.locator('.error-summary').waitFor()
}

/** Shows the application as it is after a sign-in. */
async function showClaims(tab: Page) {
  const claims = {
    sub: '01a1fa0f-a10a-75f1-8694-58aa85d70b7d',
    name: 'Signing Person',
    preferred_username: 'signer@acme.example',
    auth_time: 1_795_000_000,
    amr: ['pwd'],
    iss: 'http://localhost:8080/01a1fa0e-61c8-7ef3-bd31-c3d7e9de93b0/v2.0',
  }
  const learned = { claims, scope: 'openid profile email User.Read', expiresAt: 1_795_000_600_000 }
  await tab.evaluate(text => sessionStorage.setItem('latchkey-demo-app', text), JSON.stringify(learned))
  await tab.reload()
  await tab.getByText('signer@acme.example').waitFor()
}
