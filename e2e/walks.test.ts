import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import { PASSWORD, tenants } from '../server/src/demo/index.ts'
import { testServer } from '../server/src/testing/server.ts'
import type { WordKey } from '../server/src/words/index.ts'
import { openBrowser, type Walker, walker } from './browser.ts'
import { addPerson } from './people.ts'
import { walkWithPhone } from './phoneWalk.ts'
import { situations, walkSituation } from './situations.ts'
import { beginReset, changePassword, chooseAndSignIn, giveCode, NEW_PASSWORD, proveAndUnlock } from './steps.ts'
import { decidesOnBoth, onTwoDevices } from './twoDevices.ts'

// Every walk is one that a person takes, from the first page to the last, with script switched off.
const server = await testServer()
const browser = await openBrowser()

const walk = (name: string, work: (person: Walker) => Promise<void>, options: Parameters<typeof walker>[2] = {}) =>
  test(name, async () => {
    const person = await walker(browser, server, options)
    try {
      await work(person)
    } catch (error) {
      const { tab } = person
      const said = await tab.locator('h1, .banner, main p').allTextContents()
      throw new Error(`${(error as Error).message}\non ${tab.url()}: ${said.join(' / ')}`, { cause: error })
    } finally {
      await person.tab.context().close()
    }
  })

// What each account of the demonstration shows at sign-in and at a reset, by the title of the page or the refusal.
const shows: Record<string, { signIn: WordKey; reset: WordKey | `SSPR_${number}` }> = {
  'admin@acme.example': { signIn: 'registration.step.title', reset: 'reset.verify.title' },
  'helpdesk@acme.example': { signIn: 'registration.interrupt.title', reset: 'SSPR_0014' },
  'registered@acme.example': { signIn: 'account.title', reset: 'reset.verify.title' },
  'new@acme.example': { signIn: 'registration.interrupt.title', reset: 'SSPR_0014' },
  'prefilled@acme.example': { signIn: 'registration.interrupt.confirmTitle', reset: 'reset.verify.title' },
  'stale@acme.example': { signIn: 'registration.interrupt.confirmTitle', reset: 'reset.verify.title' },
  'temporary@acme.example': { signIn: 'account.change.forcedTitle', reset: 'SSPR_0014' },
  'locked@acme.example': { signIn: 'problems.invalid_credentials.title', reset: 'reset.problem.title' },
  'disabled@acme.example': { signIn: 'problems.account_disabled.title', reset: 'SSPR_0014' },
  'onpremises@acme.example': { signIn: 'account.title', reset: 'SSPR_0010' },
  'signer@acme.example': { signIn: 'account.title', reset: 'reset.verify.title' },
  'admin@acme-europe.example': { signIn: 'registration.step.title', reset: 'reset.verify.title' },
  'two-gates@globex.example': { signIn: 'account.title', reset: 'reset.verify.title' },
  'outside@globex.example': { signIn: 'account.title', reset: 'SSPR_0013' },
  'admin@globex.example': { signIn: 'registration.step.title', reset: 'reset.verify.title' },
  'someone@initech.example': { signIn: 'account.title', reset: 'SSPR_0009' },
  'first@umbrella.example': { signIn: 'registration.interrupt.title', reset: 'SSPR_0014' },
  'second@umbrella.example': { signIn: 'registration.interrupt.title', reset: 'SSPR_0014' },
}

walk('every account of the demonstration shows what its table says, from the links of the first page', async me => {
  const { tab, t, open, reads, fill, press } = me
  const accounts = tenants.flatMap(tenant => tenant.accounts.map(({ name }) => name))
  assert.deepEqual(Object.keys(shows), accounts)
  await open('/demo')
  const linkTo = async (label: string) =>
    (await tab.getByRole('link', { name: label, exact: true }).getAttribute('href')) ?? ''
  const links = new Map<string, { reset: string; signIn: string }>()
  for (const account of accounts)
    links.set(account, {
      reset: await linkTo(t('demo.resetFor', { account })),
      signIn: await linkTo(t('demo.signInFor', { account })),
    })
  // One account for each pair of pages; the long proof walks with every one.
  const pairs = new Map(accounts.map(name => [JSON.stringify(shows[name]), name]))
  const walked = process.env.PROOF === 'long' ? accounts : [...pairs.values()]
  assert.ok(walked.length >= 10)
  for (const name of walked) {
    const { signIn, reset } = shows[name]!
    await open(links.get(name)!.reset)
    await press(t('reset.start.next'))
    if (reset.startsWith('SSPR')) await reads(t('reset.refused.code', { code: reset }))
    else await me.at(t(reset as 'reset.verify.title'))
    await open(links.get(name)!.signIn)
    await press(t('signin.next'))
    await fill(t('signin.password'), PASSWORD)
    await press(t('signin.submit'))
    const title = t(signIn as 'account.title')
    if (signIn === 'account.title') await me.arrive()
    else if (signIn.startsWith('problems')) await me.refused(title)
    else await me.at(title)
    await tab.context().clearCookies()
  }
})

// These run side by side: each has an account of its own.
suite('walks', { concurrency: 4 }, () => {
  const mainWalks = [
    { name: 'new@acme.example', number: '2065550140', language: 'en', by: 'pointer' },
    { name: 'french@acme.example', number: '2065550141', language: 'fr', by: 'pointer' },
    { name: 'japanese@acme.example', number: '2065550142', language: 'ja', by: 'pointer' },
    { name: 'keyboard@acme.example', number: '2065550143', language: 'en', by: 'keyboard' },
  ] as const
  // The short run takes the way by keyboard, and one by pointer in the language that is least like English.
  const walked = process.env.PROOF === 'long' ? mainWalks : mainWalks.slice(2)
  for (const { name, number, language, by } of walked) {
    const title = `registering a phone, then resetting the password with it (${language}, by ${by})`
    const work = async (me: Walker) => {
      if (name !== 'new@acme.example') await addPerson(server, name, PASSWORD)
      await walkWithPhone(server, me, { name, number })
      assert.equal(await me.tab.locator('html').getAttribute('lang'), language)
    }
    walk(title, work, { language, by })
  }

  test('a decision that was begun on a phone goes on at a desk, by a mailed link', () =>
    onTwoDevices({ browser, server }, devices => decidesOnBoth(devices)))
  const ninth = situations.find(({ title }) => title.startsWith('S9'))!
  walk(ninth.title, me => walkSituation(server, me, ninth))
  walk('data that an administrator filled in is confirmed as it is', async me => {
    const { t } = me
    await me.signIn('prefilled@acme.example', PASSWORD)
    await me.at(t('registration.interrupt.confirmTitle'))
    await me.reads(t('methods.state.prefilled'))
    await me.press(t('registration.looksGood'))
    await me.at(t('registration.thanks.title'))
    await me.follow(t('registration.finish'))
    await me.arrive()
    await me.open('/security-info')
    assert.equal(await me.tab.getByText(t('methods.state.registered'), { exact: true }).count(), 2)
    await me.signOut()
    await me.signIn('prefilled@acme.example', PASSWORD)
    await me.arrive()
  })

  walk('data that has grown old is confirmed, and not asked for again', async me => {
    const { t } = me
    await me.signIn('stale@acme.example', PASSWORD)
    await me.at(t('registration.interrupt.confirmTitle'))
    await me.press(t('registration.looksGood'))
    await me.at(t('registration.thanks.title'))
    await me.signOut()
    await me.signIn('stale@acme.example', PASSWORD)
    await me.arrive()
  })

  walk('a temporary password opens nothing but the page for a new one', async me => {
    const { t } = me
    await me.signIn('temporary@acme.example', PASSWORD)
    await me.at(t('account.change.forcedTitle'))
    await me.open('/account')
    await me.at(t('account.change.forcedTitle'))
    await changePassword(me, PASSWORD, PASSWORD)
    await me.refused(t('problems.password_same.title'))
    await changePassword(me, PASSWORD, NEW_PASSWORD)
    await me.at(t('registration.interrupt.title'))
  })

  walk('two gates take two different proofs', async me => {
    const { t } = me
    const name = 'two-gates@globex.example'
    await beginReset(me, name)
    await me.at(t('reset.verify.title'))
    await me.reads(t('reset.steps.one', { current: 1, count: 2 }))
    const mailed = await me.codeTo('two-gates@mail.example', () => me.press(t('reset.verify.email')))
    await me.at(t('reset.code.title'))
    await giveCode(me, mailed)
    await me.reads(t('reset.verify.second'))
    assert.equal(await me.tab.getByText(t('reset.verify.email')).count(), 0)
    await me.follow(t('reset.verify.voice'))
    await me.select(t('methods.country'), `${me.locale.country('AU')} (+61)`)
    await me.fill(t('methods.number'), '491570006')
    const spoken = await me.codeTo('+61491570006', () => me.press(t('reset.phone.call')))
    await me.at(t('reset.code.title'))
    await giveCode(me, spoken)
    await chooseAndSignIn(me, name)
  })

  walk('a locked account is unlocked, and keeps its password', async me => {
    const { t } = me
    const name = 'locked@acme.example'
    await me.signIn(name, PASSWORD)
    await me.refused(t('problems.invalid_credentials.title'))
    await me.follow(t('signin.forgot'))
    await me.press(t('reset.start.next'))
    await me.at(t('reset.problem.title'))
    await me.press(t('reset.problem.next'))
    await me.refused(t('problems.invalid_request.title'))
    await me.mark(t('reset.problem.unlock'))
    await me.press(t('reset.problem.next'))
    await proveAndUnlock(me, 'locked@mail.example')
    await me.signIn(name, PASSWORD)
    await me.arrive()
  })

  walk('a password is changed by choice, which signs out every other browser', async me => {
    const { t } = me
    const name = 'changing@acme.example'
    await addPerson(server, name, PASSWORD, { email: 'changing@mail.example' })
    const elsewhere = await walker(browser, server)
    await elsewhere.signIn(name, PASSWORD)
    await elsewhere.arrive()
    await me.signIn(name, PASSWORD)
    await me.arrive()
    await me.follow(t('account.passwordOpen'))
    await changePassword(me, 'not this one', NEW_PASSWORD)
    await me.refused(t('problems.current_password_incorrect.title'))
    await changePassword(me, PASSWORD, NEW_PASSWORD)
    await me.reads(t('account.passwordChanged'))
    await server.message(
      ({ to, subject }) =>
        to === 'changing@mail.example' &&
        subject === t('messages.notice.password_changed.subject', { organization: 'Acme' }),
    )
    await elsewhere.open('/account')
    await elsewhere.at(t('signin.choose.title'))
    await elsewhere.tab.context().close()
  })

  walk('security questions are registered, and then reset a password', async me => {
    const { t } = me
    const name = 'questions@acme.example'
    await addPerson(server, name, PASSWORD)
    await me.signIn(name, PASSWORD)
    await me.follow(
      t('registration.act', { act: t('registration.setUp'), method: t('methods.kind.securityQuestions') }),
    )
    await me.at(t('registration.questions.title'))
    const answers = new Map<string, string>()
    for (let place = 1; place <= 5; place++) {
      const asked = me.tab.getByLabel(t('registration.questions.question', { number: place }), { exact: true })
      const answer = `réponse numéro ${place}`
      answers.set((await asked.locator('option:checked').textContent()) ?? '', answer)
      await me.fill(t('registration.questions.answer', { number: place }), place === 5 ? 'Réponse  NUMÉRO 1' : answer)
    }
    await me.press(t('registration.questions.save'))
    await me.refused(t('problems.answer_repeated.title'))
    for (let place = 1; place <= 5; place++)
      await me.fill(t('registration.questions.answer', { number: place }), `réponse numéro ${place}`)
    await me.press(t('registration.questions.save'))
    await me.at(t('registration.thanks.title'))
    assert.equal(answers.size, 5)
    await me.signOut()

    await beginReset(me, name)
    await me.press(t('reset.verify.questions'))
    await me.at(t('reset.questions.title'))
    const answerAll = async (change: (answer: string) => string) => {
      const labels = await me.tab.locator('main form label').allTextContents()
      assert.equal(labels.length, 3)
      for (const label of labels) await me.fill(label, change(answers.get(label) ?? ''))
      await me.press(t('reset.questions.verify'))
    }
    await answerAll(answer => answer.replace(' 1', ' 9').replace(' 2', ' 9').replace(' 3', ' 9'))
    await me.refused(t('problems.answers_incorrect.title'))
    await answerAll(answer => ` ${answer.toUpperCase()}`)
    await chooseAndSignIn(me, name)
  })

  walk('an authenticator app is registered, and then resets a password', async me => {
    const { t, tab } = me
    const name = 'app@acme.example'
    await addPerson(server, name, PASSWORD)
    await me.signIn(name, PASSWORD)
    await me.follow(
      t('registration.act', { act: t('registration.setUp'), method: t('methods.kind.authenticatorCode') }),
    )
    await me.press(t('registration.setUp'))
    await tab.getByRole('img', { name: t('registration.app.picture') }).waitFor()
    const key = ((await tab.locator('main code').textContent()) ?? '').replaceAll(' ', '')
    assert.match(
      (await tab.getByRole('link', { name: t('registration.app.open') }).getAttribute('href')) ?? '',
      new RegExp(key),
    )
    const app = new TOTP({ secret: Secret.fromBase32(key) })
    const code = () => app.generate({ timestamp: server.clock.now().getTime() })
    const registering = code()
    await me.fill(t('registration.app.label'), registering)
    await me.press(t('registration.app.verify'))
    await me.at(t('registration.thanks.title'))
    await me.signOut()

    await beginReset(me, name)
    await me.press(t('reset.verify.authenticatorCode'))
    await me.at(t('reset.code.title'))
    await giveCode(me, registering)
    await me.refused(t('problems.code_incorrect.title'))
    server.clock.advance(30_000)
    await giveCode(me, code())
    await chooseAndSignIn(me, name)
  })

  walk('an office phone is called', async me => {
    const { t } = me
    const name = 'registered@acme.example'
    await beginReset(me, name)
    const spoken = await me.codeTo('+12065550111', () => me.press(t('reset.verify.officePhone')))
    assert.equal((await server.message(({ to }) => to === '+12065550111')).channel, 'voice')
    await me.at(t('reset.code.title'))
    await giveCode(me, spoken)
    await chooseAndSignIn(me, name)
  })

  walk('somebody who cannot go on asks the administrators, once', async me => {
    const { t } = me
    const name = 'helpless@acme.example'
    await addPerson(server, name, PASSWORD)
    await beginReset(me, name)
    await me.reads(t('reset.refused.code', { code: 'SSPR_0014' }))
    const supportCode = await me.tab.locator('.support-code code').textContent()
    await me.follow(t('reset.contact.link'))
    await me.at(t('reset.contact.title'))
    await me.press(t('reset.contact.send'))
    await me.at(t('reset.contact.sentTitle'))
    const asked = await server.message(({ kind }) => kind === 'request')
    assert.equal(asked.to, 'helpdesk@acme.example')
    assert.ok(asked.text.includes(name))
    assert.ok(asked.text.includes(t('messages.request.unproved')))
    assert.ok(asked.text.includes(supportCode ?? '-'))
    await me.follow(t('reset.contact.back'))
    await me.follow(t('reset.contact.link'))
    await me.at(t('reset.contact.sentTitle'))

    // A company with a help desk of its own has a link there, and no mail is sent.
    await beginReset(me, 'outside@globex.example')
    await me.follow(t('reset.contact.link'))
    const desk = me.tab.getByRole('link', { name: t('reset.contact.open') })
    assert.equal(await desk.getAttribute('href'), 'https://help.globex.example')
    const requests = (await server.outbox()).filter(({ kind }) => kind === 'request')
    assert.equal(requests.length, 1)
  })

  walk(
    'a stranger’s sign-in is reported, what they used is blocked, and a new password lets the owner in',
    async me => {
      const { t } = me
      const name = 'reporting@acme.example'
      const email = 'reporting@mail.example'
      await addPerson(server, name, PASSWORD, { email })
      const stranger = server.browser()
      await stranger.post('/signin', { username: name, password: PASSWORD })
      await me.signIn(name, PASSWORD)
      await me.arrive()
      await me.follow(t('account.activityOpen'))
      await me.follow(`${t('account.report.action')}`)
      await me.at(t('account.report.title'))
      await me.press(t('account.report.submit'))
      await me.at(t('account.report.done.title'))
      assert.equal((await stranger.get('/session')).status, 401)
      assert.equal((await stranger.post('/signin', { username: name, password: PASSWORD })).status, 401)

      // Neither a change nor an unlock is offered: both would rely on a password that somebody else knows.
      await me.open('/account/password')
      await me.refused(t('problems.password_reported.title'))
      await me.follow(t('account.change.cancel'))
      await me.arrive()
      await me.follow(t('account.report.done.choose'))
      await me.press(t('reset.start.next'))
      const code = await me.codeTo(email, () => me.press(t('reset.verify.email')))
      await giveCode(me, code)
      assert.equal((await stranger.post('/signin', { username: name, password: PASSWORD })).status, 401)
      await chooseAndSignIn(me, name)
    },
  )

  walk('registration can be put off until the next sign-in', async me => {
    const { t } = me
    const name = 'later@acme.example'
    await addPerson(server, name, PASSWORD)
    for (const _ of [1, 2]) {
      await me.signIn(name, PASSWORD)
      await me.at(t('registration.interrupt.title'))
      await me.open('/account')
      await me.at(t('registration.interrupt.title'))
      await me.press(t('registration.interrupt.later'))
      await me.arrive()
      await me.signOut()
    }
  })

  walk('a way is removed after a fresh proof, and its owner is told', async me => {
    const { t } = me
    const name = 'removing@acme.example'
    await addPerson(server, name, PASSWORD, { email: 'removing@mail.example', mobilePhone: '+12065550160' })
    await me.signIn(name, PASSWORD)
    await me.arrive()
    await me.follow(t('account.securityInfoOpen'))
    await me.follow(t('registration.act', { act: t('registration.remove'), method: t('methods.kind.mobilePhone') }))
    await me.at(t('registration.proof.title'))
    const code = await me.codeTo('removing@mail.example', () => me.press(t('reset.verify.email')))
    await giveCode(me, code)
    await me.at(t('registration.removal.title'))
    await me.press(t('registration.removal.remove'))
    await me.at(t('registration.title'))
    await me.tab
      .getByRole('link', {
        name: t('registration.act', { act: t('registration.setUp'), method: t('methods.kind.mobilePhone') }),
      })
      .waitFor()
    await server.message(
      ({ to, subject }) =>
        to === 'removing@mail.example' &&
        subject === t('messages.notice.security_info_removed.subject', { organization: 'Acme' }),
    )
  })
})
