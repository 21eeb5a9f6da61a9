import assert from 'node:assert/strict'
import { PASSWORD } from '../server/src/demo/index.ts'
import { createTenant, createUser, findTenantId, setSettings } from '../server/src/directory/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import type { TestServer } from '../server/src/testing/server.ts'
import { takeDueStep } from '../server/src/testing/steps.ts'
import type { Walker } from './browser.ts'
import { actOf, addPerson } from './people.ts'
import { chooseAndSignIn, giveCode, proveAndUnlock } from './steps.ts'

/** A situation of people who cannot sign in (work accounts, §1.8), and the act that it ends in. */
export interface Situation {
  /** Its number there, and what is done. */
  title: string
  /** Whose name it is; `registered`: with this mailbox, and not of the demonstration. */
  username: string
  registered?: { email: string }
  /** The refusal of a reset that it begins with, or whether they are signed in already. */
  after?: `SSPR_${number}` | 'sign-in'
  /** Who is signed in, where it is another name, and the domain that they have added. */
  as?: string
  adds?: string
  /** The answers, each with its question. */
  told: readonly (readonly [question: string, answer: string])[]
  leaf: string
  act: string
  /** Does what the act is for, to its last page. */
  ends(me: Walker, server: TestServer): Promise<void>
}

/** Begins where sign-in or a reset was of no help, answers, and follows the act to its end. */
export async function walkSituation(server: TestServer, me: Walker, one: Situation): Promise<void> {
  const { open, follow, press, at, fill, reads } = me
  const t = (key: string, values = {}) => me.t(key as 'assistant.title', values)
  const { username, registered, after, told, leaf, act, ends } = one
  if (registered) await addPerson(server, username, PASSWORD, registered)
  if (after?.startsWith('SSPR')) {
    await open(`/reset?username=${encodeURIComponent(username)}`)
    await press(t('reset.start.next'))
    await reads(t('reset.refused.code', { code: after }))
    await follow(t('assistant.more'))
  } else {
    if (after === 'sign-in') await enter(server, me, one)
    await open('/signin?other')
    await follow(t('assistant.link'))
    await at(t('assistant.title'))
    await fill(t('signin.username'), username)
  }
  await press(t('assistant.next'))
  for (const [question, answer] of told) {
    await at(t(`assistant.question.${question}`))
    await press(t(`assistant.answer.${question}.${answer}`))
  }
  await at(t(`assistant.leaf.${leaf}.title`))
  await follow(t(`assistant.act.${act}`))
  await ends(me, server)
}

/** Gives this window a session with every step taken. */
async function enter(server: TestServer, { tab }: Walker, { username, as = username, adds }: Situation): Promise<void> {
  const browser = server.browser()
  await browser.post('/signin', { username: as, password: PASSWORD })
  await takeDueStep(server, browser)
  if (adds !== undefined) assert.equal((await browser.post('/domains', { name: adds })).status, 201)
  const { origin: url } = server.services
  await tab.context().addCookies([...browser.cookies].map(([name, value]) => ({ name, value, url })))
}

let askers = 0

/** Opens the case whose form the assistant has filled in, and sees what goes along. */
async function opensCase(me: Walker) {
  const { t } = me
  const [address, text] = [`asker-${++askers}@private.example`, 'Nobody answers us.']
  await me.at(t('cases.start.title'))
  await me.reads(t('cases.assistant.goes'))
  await me.fill(t('cases.start.address'), address)
  await me.fill(t('cases.text'), text)
  await giveMailedCode(me, address, { send: t('cases.start.go'), verify: t('cases.code.verify') })
  await me.reads(text)
  assert.match(await me.tab.locator('h1').innerText(), /LK-[A-Z]{8}/)
}

async function giveMailedCode(me: Walker, address: string, { send, verify }: { send: string; verify: string }) {
  const code = await me.codeTo(address, () => me.press(send))
  await me.fill(me.t('reset.code.label'), code)
  await me.press(verify)
}

/** Has the administrators asked, and sees that they are mailed. */
async function asksAdministrators(me: Walker, server: TestServer) {
  const { t } = me
  await me.at(t('reset.contact.title'))
  const [before] = await server.outbox()
  await me.press(t('reset.contact.send'))
  await me.at(t('reset.contact.sentTitle'))
  await server.message(one => one.kind === 'request' && (before === undefined || one.id > before.id))
}

const resets = (username: string, mailbox: string) => async (me: Walker) => {
  const { t } = me
  await me.at(t('reset.start.title'))
  await me.press(t('reset.start.next'))
  await me.at(t('reset.verify.title'))
  await giveCode(me, await me.codeTo(mailbox, () => me.press(t('reset.verify.email'))))
  await chooseAndSignIn(me, username)
}

async function unlocks(me: Walker) {
  const { t } = me
  await me.at(t('reset.start.title'))
  await me.press(t('reset.start.next'))
  await me.at(t('reset.problem.title'))
  await me.mark(t('reset.problem.unlock'))
  await me.press(t('reset.problem.next'))
  await proveAndUnlock(me, 'locked@mail.example')
}

async function signsIn(me: Walker) {
  const { t } = me
  await me.at(t('signin.title'))
  await me.press(t('signin.next'))
  await me.at(t('signin.passwordTitle'))
  await me.fill(t('signin.password'), PASSWORD)
  await me.press(t('signin.submit'))
  await me.arrive()
}

/** Claims the domain: the mailbox is proved, and the record is shown that proves the rest. */
const claims = (address: string) => async (me: Walker) => {
  const { t } = me
  await me.at(t('takeovers.start.title'))
  await me.fill(t('takeovers.start.address'), address)
  await giveMailedCode(me, address, { send: t('takeovers.start.go'), verify: t('takeovers.code.verify') })
  await me.at(t('takeovers.dns.title'))
}

/** Asks the provider, who is mailed. */
async function asksProvider(me: Walker, server: TestServer) {
  const { t } = me
  await me.at(t('assistant.act.provider'))
  await me.press(t('reset.contact.send'))
  await me.at(t('assistant.provider.askedTitle'))
  await server.message(one => one.to === 'provider@mail.example')
}

async function letsPeopleJoin(me: Walker) {
  const { t } = me
  await me.at(t('tenants.settings.title'))
  await me.tab.getByLabel(t('tenants.settings.join')).check()
  await me.press(t('tenants.settings.save'))
  await me.reads(t('tenants.settings.saved'))
}

const reaches = (title: string) => (me: Walker) => me.at(me.t(title as 'assistant.title'))

const lacks = ['what', 'no-administrator'] as const
const none = ['administrator', 'none'] as const
const left = { after: 'SSPR_0014', username: 'new@acme.example' } as const

/** Every situation, in its order there. S5 is S2 of who administers for others. */
export const situations: readonly Situation[] = [
  {
    ...{ title: 'S1: forgot the password, and resets it', username: 'forgetful@acme.example' },
    ...{ registered: { email: 'forgetful@mail.example' }, told: [['what', 'forgot']], leaf: 'S1', act: 'reset' },
    ends: resets('forgetful@acme.example', 'forgetful@mail.example'),
  },
  {
    ...{ title: 'locked out, and unlocks the account', username: 'locked@acme.example' },
    ...{ told: [['what', 'locked']], leaf: 'locked', act: 'unlock', ends: unlocks },
  },
  {
    ...{ title: 'lost a method, and proves it in another way', username: 'phoneless@acme.example' },
    ...{ registered: { email: 'phoneless@mail.example' }, told: [['what', 'lost-method']] },
    ...{ leaf: 'lostMethod', act: 'reset', ends: resets('phoneless@acme.example', 'phoneless@mail.example') },
  },
  {
    ...{ title: 'S2, S5: may not reset, and asks an administrator', ...left },
    ...{ told: [['administrator', 'known']], leaf: 'S2', act: 'contact', ends: asksAdministrators },
  },
  {
    ...{ title: 'S3: has an account where nobody administers, and opens a case', ...left },
    ...{ told: [none, ['provider', 'no'], ['member', 'yes']], leaf: 'S3', act: 'case', ends: opensCase },
  },
  {
    ...{ title: 'S4: has none, and opens a case with a colleague', ...left },
    ...{ told: [none, ['provider', 'no'], ['member', 'no']], leaf: 'S4', act: 'case', ends: opensCase },
  },
  {
    ...{ title: 'S6: has a provider, who is asked', after: 'SSPR_0009', username: 'someone@initech.example' },
    ...{ told: [none, ['provider', 'yes']], leaf: 'S6', act: 'provider', ends: asksProvider },
  },
  {
    ...{ title: 'S7: knows no administrator, and has them asked', username: 'stale@acme.example' },
    ...{ told: [lacks, ['administrator', 'unknown']], leaf: 'S7', act: 'contact', ends: asksAdministrators },
  },
  {
    ...{ title: 'S8: the administrator left, and those of now are asked', username: 'prefilled@acme.example' },
    ...{ told: [lacks, ['administrator', 'left']], leaf: 'S8', act: 'contact', ends: asksAdministrators },
  },
  {
    ...{ title: 'S9: nobody administers, and a case is opened', username: 'registered@acme.example' },
    ...{ told: [lacks, none, ['provider', 'no']], leaf: 'S9', act: 'case', ends: opensCase },
  },
  {
    ...{ title: 'S10: nobody gets in nor writes the DNS, and a case is opened', username: 'signer@acme.example' },
    told: [
      ['what', 'nobody'],
      ['dns', 'no'],
    ],
    ...{ leaf: 'S10', act: 'case', ends: opensCase },
  },
  {
    ...{ title: 'S10: nobody administers, and the domain is claimed', username: 'first@umbrella.example' },
    told: [
      ['what', 'nobody'],
      ['dns', 'yes'],
    ],
    ...{ leaf: 'S10dns', act: 'take-over', ends: claims('first@umbrella.example') },
  },
  {
    ...{ title: 'S11: wants to administer, and claims the domain', username: 'ann@hooli.example' },
    ...{ told: [lacks, none], leaf: 'S11', act: 'take-over', ends: claims('ann@hooli.example') },
  },
  {
    ...{ title: 'S12: sign-up is off, and an administrator is asked', username: 'signer@acme.example' },
    ...{ told: [['what', 'sign-up-refused']], leaf: 'S12', act: 'contact', ends: asksAdministrators },
  },
  {
    ...{ title: 'S12: administers, and allows it', username: 'admin@acme.example', after: 'sign-in' },
    ...{ told: [['what', 'sign-up-refused']], leaf: 'S12own', act: 'settings', ends: letsPeopleJoin },
  },
  {
    ...{ title: 'S13: has two accounts of one address, and signs in to the other', username: 'signer@acme.example' },
    told: [
      ['what', 'which-account'],
      ['accounts', 'both'],
    ],
    ...{ leaf: 'S13', act: 'sign-in', ends: signsIn },
  },
  {
    ...{ title: 'S14: has several companies, and sees them', username: 'admin@acme.example', after: 'sign-in' },
    told: [
      ['what', 'which-account'],
      ['accounts', 'several'],
    ],
    ...{ leaf: 'S14', act: 'tenants', ends: reaches('tenants.title') },
  },
  {
    ...{ title: 'S15: misses pages, and sees the roles', username: 'signer@acme.example', after: 'sign-in' },
    told: [
      ['what', 'missing'],
      ['missing', 'pages'],
    ],
    ...{ leaf: 'S15', act: 'access', ends: reaches('account.access.title') },
  },
  {
    ...{ title: 'S16: misses offers, and signs in to the right account', username: 'signer@acme.example' },
    told: [
      ['what', 'missing'],
      ['missing', 'offers'],
    ],
    ...{ leaf: 'S16', act: 'sign-in', ends: signsIn },
  },
  {
    ...{ title: 'S17: is denied access, and has an administrator asked', username: 'registered@acme.example' },
    ...{ told: [['what', 'denied']], leaf: 'S17', act: 'contact', ends: asksAdministrators },
  },
  {
    ...{ title: 'S18: the password is kept elsewhere, and its keepers are asked', username: 'onpremises@acme.example' },
    ...{ after: 'SSPR_0010', told: [], leaf: 'S18', act: 'contact', ends: asksAdministrators },
  },
  {
    ...{ title: 'S19: the domain is somebody else’s, and its page tells how to prove it', after: 'sign-in' },
    ...{ username: 'someone@globex.example', as: 'admin@acme.example', adds: 'globex.example' },
    ...{ told: [['what', 'domain-taken']], leaf: 'S19', act: 'domain' },
    ends: async me => {
      await me.at('globex.example')
      await me.reads('latchkey-verification=')
    },
  },
]

/** Companies as the situations need them: one that has named its provider, and one that nobody administers. */
export async function furnish(server: TestServer): Promise<void> {
  const act = actOf(server)
  const initech = await findTenantId(server.store, 'initech.example')
  await inTenant(server.store, initech, trx => setSettings(trx, { providerContact: 'provider@mail.example' }))
  const hooli = server.services.random.uuid(act.now)
  await inTenant(server.store, hooli, async trx => {
    await createTenant(trx, act, hooli, { displayName: 'Hooli', domain: 'hooli.example', unmanaged: true })
    await createUser(trx, act, hooli, { userPrincipalName: 'ann@hooli.example', displayName: 'Ann' })
  })
}
