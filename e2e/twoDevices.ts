import assert from 'node:assert/strict'
import type { Browser } from 'playwright-core'
import { PASSWORD, type SentMessage } from '../server/src/demo/index.ts'
import { createTenant, createUser } from '../server/src/directory/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import type { TestServer } from '../server/src/testing/server.ts'
import type { Language } from '../server/src/words/index.ts'
import { type Walker, walker } from './browser.ts'
import { actOf } from './people.ts'
import { giveCode, NEW_PASSWORD } from './steps.ts'

// One journey on two devices: a phone, and a desk with a wide screen. They share no cookie, so what leads from the one
// to the other is a mailed link alone.

export interface Devices {
  server: TestServer
  phone: Walker
  desk: Walker
  /** Another phone, of somebody who comes back without what the first one keeps. */
  another(): Promise<Walker>
}

/** Walks on both, for this reader. One that fails says where each device is. */
export async function onTwoDevices(
  { browser, server, language = 'en' }: { browser: Browser; server: TestServer; language?: Language },
  walk: (devices: Devices) => Promise<void>,
): Promise<void> {
  const opened: Walker[] = []
  const open = async (options: { width?: number; height?: number } = {}) => {
    const one = await walker(browser, server, { language, ...options })
    opened.push(one)
    return one
  }
  try {
    await walk({ server, phone: await open(), desk: await open({ width: 1440, height: 900 }), another: open })
  } catch (error) {
    const lines = opened.map(async ({ tab }) => {
      const texts = await tab.locator('h1, .banner, main p').allTextContents()
      return `${tab.url()}: ${texts.join(' / ')}`
    })
    throw new Error([(error as Error).message, ...(await Promise.all(lines))].join('\n'), { cause: error })
  } finally {
    await Promise.all(opened.map(({ tab }) => tab.context().close()))
  }
}

/** Follows a mailed link, which opens nothing before its button is pressed. Ends at the page that it leads to. */
async function openLink({ open, at, press, t }: Walker, purpose: 'start' | 'join' | 'takeover' | 'case', path: string) {
  await open(path)
  await at(t(`links.${purpose}.title`))
  await press(t(`links.${purpose}.open`))
}

/** The path of the link that the newest mail of this kind has for its reader. */
async function linkTo(server: TestServer, to: string, fits: (mail: SentMessage) => boolean = () => true) {
  const { text } = await server.message(one => one.to === to && /\/links\//.test(one.text) && fits(one))
  return /\/links\/[\w-]+/.exec(text)![0]
}

/** What the page says, without what is closed. */
const textOf = ({ tab }: Walker) => tab.locator('main').innerText()

/** Signs in with both proofs. */
async function signInFully(me: Walker, name: string, mailbox: string) {
  await me.signIn(name, PASSWORD)
  await me.at(me.t('registration.step.title'))
  const code = await me.codeTo(mailbox, () => me.tab.locator('main form button', { hasText: '@' }).click())
  await giveCode(me, code)
  await me.arrive()
}

/** Types a code that was mailed to this address. */
async function giveMailedCode(me: Walker, address: string, { send, verify }: { send: string; verify: string }) {
  const code = await me.codeTo(address, () => me.press(send))
  await me.fill(me.t('reset.code.label'), code)
  await me.press(verify)
}

/** The guided decision: begun on a phone, seen and changed at a desk, and the same on the phone again. */
export async function decidesOnBoth({ server, phone, desk }: Devices, domain = 'kestrel-marsh.example') {
  const { t } = phone
  const address = `ann@${domain}`
  await phone.open('/start')
  await phone.at(t('onboarding.start.title'))
  await phone.press(t('onboarding.start.go'))
  await phone.at(t('onboarding.question.has-domain.title'))
  await phone.press(t('onboarding.question.yes'))
  await phone.at(t('onboarding.question.domain.title'))
  await phone.fill(t('onboarding.question.domain.label'), domain)
  await phone.press(t('onboarding.question.go'))
  await phone.at(t('onboarding.question.used-here.title'))
  await phone.press(t('onboarding.question.no'))
  await phone.at(t('onboarding.outcome.create-then-prove.title'))
  const { pathname } = new URL(phone.tab.url())
  await desk.open(pathname)
  await desk.at(t('problems.not_found.title'))
  await phone.tab.locator('summary', { hasText: t('onboarding.link.title') }).click()
  await phone.fill(t('registration.email.address'), address)
  await phone.press(t('onboarding.link.go'))
  await phone.reads(t('onboarding.link.sent'))

  await openLink(desk, 'start', await linkTo(server, address))
  await desk.at(t('onboarding.outcome.create-then-prove.title'))
  await phone.open(pathname)
  assert.equal(await textOf(desk), await textOf(phone), 'both devices show the same')
  await desk.press(t('onboarding.back'))
  await desk.at(t('onboarding.question.used-here.title'))
  await desk.press(t('onboarding.question.yes'))
  await desk.at(t('onboarding.outcome.prove-then-sign-in.title'))
  await phone.open(pathname)
  await phone.at(t('onboarding.outcome.prove-then-sign-in.title'))
  assert.equal(await textOf(phone), await textOf(desk), 'what the one device changes the other shows')
}

/** An administrator invites a second one at a desk, who accepts on a phone. */
export async function invitesSecond({ server, phone, desk }: Devices, name = 'bo.ray') {
  const { t } = desk
  const address = `${name}@private.example`
  const own = `${name}@acme.example`
  await signInFully(desk, 'admin@acme.example', 'admin@mail.example')
  await desk.open('/administrators/invitations')
  await desk.at(t('signup.invite.title'))
  await desk.fill(t('signup.invite.address'), address)
  await desk.press(t('signup.invite.go'))
  await desk.reads(t('signup.invite.sent'))

  await openLink(phone, 'join', await linkTo(server, address))
  await phone.at(t('signup.join.title'))
  await phone.fill(t('signup.administrator.givenName'), 'Bo')
  await phone.fill(t('signup.administrator.surname'), 'Ray')
  await phone.fill(t('signup.administrator.userName'), name)
  await phone.fill(t('reset.password.new'), NEW_PASSWORD)
  await phone.fill(t('reset.password.again'), NEW_PASSWORD)
  await phone.press(t('signup.join.go'))
  await phone.at(t('registration.interrupt.title'))
  await server.message(({ to, text }) => to === 'admin@mail.example' && text.includes(own))
  await desk.open('/account/access')
  await desk.at(t('account.access.title'))
  await desk.reads('Bo Ray')
}

/** One person claims a domain at a desk; another, who is there, reads of it on a phone and objects. */
export async function objectsElsewhere(devices: Devices, domain = 'hooli.example') {
  const { server, phone, desk } = devices
  const { t } = desk
  const act = actOf(server)
  const tenantId = server.services.random.uuid(act.now)
  await inTenant(server.store, tenantId, async trx => {
    await createTenant(trx, act, tenantId, { displayName: 'Hooli', domain, unmanaged: true })
    for (const one of ['ann', 'bob'])
      await createUser(trx, act, tenantId, { userPrincipalName: `${one}@${domain}`, displayName: one })
  })
  const boss = `boss@${domain}`
  await desk.open(`/takeovers?domain=${domain}`)
  await desk.at(t('takeovers.start.title'))
  await desk.fill(t('takeovers.start.address'), boss)
  await giveMailedCode(desk, boss, { send: t('takeovers.start.go'), verify: t('takeovers.code.verify') })
  await desk.at(t('takeovers.dns.title'))
  const value = /latchkey-verification=\w+/.exec(await textOf(desk))![0]
  await server.browser().post('/demo/dns/records', { name: domain, type: 'TXT', data: value })
  await desk.press(t('domains.check.now'))
  await desk.at(t('takeovers.waiting.title'))
  const { pathname } = new URL(desk.tab.url())

  await phone.open(pathname)
  await phone.at(t('problems.not_found.title'))
  await openLink(phone, 'takeover', await linkTo(server, `ann@${domain}`))
  await phone.at(t('takeovers.member.title'))
  await phone.reads(boss)
  assert.equal(new URL(phone.tab.url()).pathname, pathname, 'both are at one claim')
  assert.doesNotMatch(await textOf(phone), /latchkey-verification/, 'the record is the claimant’s')
  const reason = 'We don’t know them.'
  await phone.fill(t('takeovers.member.reason'), reason)
  await phone.press(t('takeovers.member.object'))
  await phone.reads(untilOf(t('takeovers.member.disputed', { when: '#' })))

  await desk.open(pathname)
  await desk.at(t('takeovers.disputed.title'))
  assert.doesNotMatch(await textOf(desk), new RegExp(reason), 'the reason is for those who decide')
}

/** Somebody opens a case on a phone, without signing in; an administrator answers at a desk; the asker follows it from another phone, by the number and a new link. */
export async function followsCase({ server, phone, desk, another }: Devices, address = 'asker@private.example') {
  const { t } = phone
  const text = 'I have a new phone, and no other way in.'
  const answer = 'Please call us at the desk.'
  await phone.open('/cases')
  await phone.at(t('cases.start.title'))
  await phone.select(t('cases.start.kind'), t('cases.kind.no-way-in'))
  await phone.fill(t('cases.start.domain'), 'acme.example')
  await phone.fill(t('cases.start.address'), address)
  await phone.fill(t('cases.text'), text)
  await giveMailedCode(phone, address, { send: t('cases.start.go'), verify: t('cases.code.verify') })
  await phone.reads(text)
  const number = /LK-[A-Z]{8}/.exec(await phone.tab.locator('h1').innerText())![0]

  await signInFully(desk, 'admin@acme.example', 'admin@mail.example')
  await desk.open('/cases')
  await desk.at(t('cases.list.title'))
  await desk.follow(t('cases.named', { name: number, about: t('cases.kind.no-way-in') }))
  await desk.reads(text)
  await desk.fill(t('cases.help.answer'), answer)
  await desk.press(t('cases.reply.go'))
  await desk.reads(answer)
  await phone.open(`/cases/${number}`)
  await phone.reads(answer)

  const other = await another()
  await other.open(`/cases/${number}`)
  await other.at(t('problems.not_found.title'))
  const [before] = await server.outbox()
  await other.open('/cases/links')
  await other.at(t('cases.lost.title'))
  await other.fill(t('cases.lost.number'), number)
  await other.fill(t('cases.start.address'), address)
  await other.press(t('cases.lost.go'))
  await other.at(t('cases.sent.title'))
  await openLink(other, 'case', await linkTo(server, address, ({ id }) => before === undefined || id > before.id))
  await other.at(t('cases.open.title', { number }))
  await other.reads(answer)
  await other.fill(t('cases.reply.label'), 'Thank you, I will.')
  await other.press(t('cases.reply.go'))
  await desk.open(`/cases/${number}`)
  await desk.reads('Thank you, I will.')
}

/** What a sentence says before the moment that it names. */
const untilOf = (sentence: string) =>
  sentence
    .split('#')
    .toSorted((a, b) => b.length - a.length)[0]!
    .trim()
