import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR } from '../server/src/clock.ts'
import { operatorAct, seedPartners } from '../server/src/demo/index.ts'
import { findTenantId } from '../server/src/directory/index.ts'
import { changeSignInPolicy } from '../server/src/policies/index.ts'
import { allowRescue, getRescueOf, refuseByOperator } from '../server/src/rescues/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { granted } from '../server/src/testing/contract.ts'
import { testServer } from '../server/src/testing/server.ts'
import { complaintsOf, flawsOf, openAs, wordsOf } from './administrator.ts'
import { openBrowser, type Walker, walker } from './browser.ts'

// Quill of the demonstration is let back in: who asks, who takes it, who approves it, and who objects, each in a browser
// of their own, at the width of a small phone.

const LONG = process.env.PROOF === 'long'
const SMALL = { width: 320, height: 720 }
const OWNER = 'owner@quill.example'
const NEW = 'Quite-another-kestrel-1'

const server = await testServer()
const browser = await openBrowser()
const { store, services, clock } = server
const means = () => ({ now: clock.now(), random: services.random, keys: services.keys })
await seedPartners(store, means(), services.passwordChecks)
// A rescue takes a second step, which is asked for at sign-in here and not in a window of its own.
const harbour = await findTenantId(store, 'harbour.example')
await inTenant(store, harbour, trx => changeSignInPolicy(trx, harbour, { secondStep: 'everyone' }))

/** Somebody who holds an open case of Quill, from this mailbox. */
async function openCase(me: Walker, address: string): Promise<string> {
  const own = server.browser()
  const [before] = await server.outbox()
  const about = { kind: 'no-administrator', domain: 'quill.example', address, text: 'Nobody can sign in.' }
  const { number, challenge } = granted(await own.post('/cases', about), 201)
  const proof = { challenge: challenge.id, code: await server.code(address, before) }
  const opened = granted(await own.post(`/cases/${number}/proofs`, proof)).number
  const url = services.origin
  await me.tab.context().addCookies([...own.cookies].map(([name, value]) => ({ name, value, url })))
  return opened
}

/** The page that somebody comes to by the link of the newest mail with this subject. */
async function follow(me: Walker, to: string, subject: string) {
  const { text } = await server.message(one => one.to === to && one.subject === subject)
  await me.open(/\/links\/[\w-]{43}/.exec(text)![0])
  await fits(me)
  await me.tab.locator('main form button').click()
}

/** Nothing of the page is wider than the phone. */
async function fits({ tab }: Walker) {
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.ok(wide <= 0, `${tab.url()} is ${wide} pixels too wide`)
}

/** Asks for the owner's password to be set anew. */
async function ask(me: Walker, number: string) {
  const { t } = me
  await me.open(`/cases/${number}/rescue`)
  await me.at(t('rescues.ask.title'))
  await fits(me)
  await me.press(t('rescues.ask.go'))
  await me.refused(t('problems.username_required.title'))
  await me.fill(t('rescues.ask.userName'), OWNER)
  await me.press(t('rescues.ask.go'))
  await me.at(t('rescues.asked.title'))
  await fits(me)
}

const byOperator = async (decide: typeof allowRescue, number: string) =>
  decide(store, operatorAct(means()), await getRescueOf(store, means(), number))

for (const language of LONG ? (['en', 'fr', 'ja'] as const) : [])
  test(`three people let Quill back in, somebody objects and undoes, and the operator decides (${language})`, async () => {
    const words = wordsOf(language, 'rescues')
    const asker = await walker(browser, server, { language, ...SMALL })
    const { t, at, press, fill } = asker
    // Who has a mailbox elsewhere is refused, whatever they ask for.
    const stranger = await walker(browser, server, { language, ...SMALL })
    await stranger.open(`/cases/${await openCase(stranger, 'owner@mail.example')}/rescue`)
    await stranger.fill(t('rescues.ask.userName'), OWNER)
    await stranger.press(t('rescues.ask.go'))
    await stranger.reads(t('problems.proof_missing.title'))
    await fits(stranger)
    const number = await openCase(asker, OWNER)
    await ask(asker, number)

    const openAgent = async (name: string) => {
      const context = await openAs({ server, browser }, `${name}@harbour.example`, { language, ...SMALL })
      const tab = await context.newPage()
      const complaints = complaintsOf(tab)
      await tab.goto('/admin/partner/rescues')
      await tab.getByRole('link', { name: 'Quill' }).first().click()
      await tab.getByRole('heading', { level: 2, name: 'Quill', exact: true }).waitFor()
      return {
        tab,
        dialog: tab.getByRole('dialog'),
        button: (name: string) => tab.getByRole('button', { name, exact: true }),
        async close() {
          assert.deepEqual(await flawsOf(tab), [])
          assert.deepEqual(complaints, [])
          await context.close()
        },
      }
    }
    const taker = await openAgent('agent-one')
    await taker.button(words.take.open).click()
    await taker.dialog.getByRole('radio', { name: words.checks.metInPerson }).check()
    assert.deepEqual(await flawsOf(taker.tab), [])
    await taker.dialog.getByRole('button', { name: words.take.verb, exact: true }).click()
    await taker.tab.getByText(words.missing.notYou).waitFor()
    assert.equal(await taker.button(words.approve.open).count(), 0, 'who took it does not approve it')
    await taker.close()
    await asker.tab.reload()
    await at(t('rescues.taken.title'))
    const approver = await openAgent('agent-two')
    await approver.button(words.approve.open).click()
    assert.deepEqual(await flawsOf(approver.tab), [])
    await approver.dialog.getByRole('button', { name: words.approve.open, exact: true }).click()
    await approver.tab.getByRole('heading', { level: 3, name: words.states.cooling }).waitFor()
    await approver.close()
    await asker.tab.reload()
    await at(t('rescues.cooling.title'))
    await fits(asker)
    await asker.reads('Harbour Agent One, Harbour Agent Two')

    const second = await walker(browser, server, { language, ...SMALL })
    await follow(second, 'second-quill@mail.example', 'Quill is about to be let back in')
    await second.at(t('rescues.told.title'))
    await second.reads(OWNER)
    await fits(second)
    await second.fill(t('rescues.told.reason'), ' ')
    await second.press(t('rescues.told.object'))
    await second.refused(t('problems.text_empty.title'))
    await second.fill(t('rescues.told.reason'), 'I do not know who asks.')
    await second.press(t('rescues.told.object'))
    await second.tab.getByRole('button', { name: t('rescues.told.object') }).waitFor({ state: 'detached' })
    await fits(second)
    await asker.tab.reload()
    await at(t('rescues.disputed.title'))
    await fits(asker)
    await byOperator(allowRescue, number)
    await asker.tab.reload()
    await at(t('rescues.cooling.title'))

    clock.advance(72 * HOUR)
    await asker.tab.reload()
    await at(t('rescues.ready.title'))
    await fits(asker)
    const code = await asker.codeTo(OWNER, () => press(t('rescues.mailbox.send')))
    const field = asker.tab.locator('input[name=code]')
    await field.fill(code === '111111' ? '222222' : '111111')
    await press(t('rescues.mailbox.verify'))
    await asker.refused(t('problems.code_incorrect.title'))
    await fits(asker)
    await field.fill(code)
    await press(t('rescues.mailbox.verify'))
    await at(t('rescues.password.title'))
    await fill(t('reset.password.new'), 'short')
    await fill(t('reset.password.again'), 'short')
    await press(t('rescues.ready.go'))
    await asker.tab.locator('.error-summary').waitFor()
    await fits(asker)
    await fill(t('reset.password.new'), NEW)
    await fill(t('reset.password.again'), NEW)
    await press(t('rescues.ready.go'))
    await at(t('rescues.settling.title'))
    await fits(asker)

    // The link of the new mail leads to the undo; the older one of the same reader is void.
    await follow(second, 'second-quill@mail.example', 'Quill was let back in')
    await second.press(t('rescues.told.undo'))
    await second.tab.getByRole('button', { name: t('rescues.told.undo') }).waitFor({ state: 'detached' })
    const shut = await server.browser().post('/signin', { username: OWNER, password: NEW })
    assert.equal(shut.status, 403, 'the account rests until the operator decides')
    await byOperator(refuseByOperator, number)
    await asker.tab.reload()
    await at(t('rescues.undone.title'))
    await fits(asker)
    assert.equal((await server.browser().post('/signin', { username: OWNER, password: NEW })).status, 401)
    for (const me of [asker, second, stranger]) await me.tab.context().close()
    clock.advance(DAY)
  })

test('who owns Quill asks for a rescue on a phone, and is refused what is missing', { skip: LONG }, async () => {
  const asker = await walker(browser, server, SMALL)
  const number = await openCase(asker, OWNER)
  await ask(asker, number)
})
