import assert from 'node:assert/strict'
import { PASSWORD } from '../server/src/demo/index.ts'
import type { TestServer } from '../server/src/testing/server.ts'
import type { Walker } from './browser.ts'
import { beginReset, chooseAndSignIn, giveCode, NEW_PASSWORD } from './steps.ts'

/** The whole way of a new person with an American number. They register a phone by text message, change it by a call, lose the password, and come back by the phone. */
export async function walkWithPhone(
  server: TestServer,
  me: Walker,
  { name, number }: { name: string; number: string },
) {
  const { t, locale } = me
  const to = `+1${number}`
  const phone = t('methods.kind.mobilePhone')
  const enterNumber = async () => {
    await me.at(t('registration.phone.title'))
    await me.select(t('methods.country'), `${locale.country('US')} (+1)`)
    await me.fill(t('methods.number'), number)
  }
  await me.signIn(name, PASSWORD)
  await me.at(t('registration.interrupt.title'))
  await me.follow(t('registration.act', { act: t('registration.setUp'), method: phone }))
  await me.at(t('registration.phone.title'))
  await me.fill(t('methods.number'), '12')
  await me.press(t('registration.phone.text'))
  await me.refused(t('problems.phone_invalid.title'))
  await enterNumber()
  const texted = await me.codeTo(to, () => me.press(t('registration.phone.text')))
  await me.at(t('registration.code.title'))
  assert.equal(
    (await server.message(message => message.to === to)).text,
    `${t('messages.code.sms', {
      code: texted,
      organization: 'Acme',
      duration: locale.duration(300).replace('\u00a0', ' '),
    })}\n@localhost #${texted}`,
  )
  await me.fill(t('registration.code.label'), texted === '000000' ? '111111' : '000000')
  await me.press(t('registration.code.verify'))
  await me.refused(t('problems.code_incorrect.title'))
  await me.fill(t('registration.code.label'), texted)
  await me.press(t('registration.code.verify'))
  await me.at(t('registration.thanks.title'))
  await me.follow(t('registration.finish'))
  await me.arrive()

  // A change of a registered method needs a proof first, before anything is typed.
  await me.follow(t('account.securityInfoOpen'))
  await me.follow(t('registration.act', { act: t('registration.change'), method: phone }))
  await me.at(t('registration.proof.title'))
  const proof = await me.codeTo(to, () => me.press(t('reset.verify.sms')))
  await giveCode(me, proof)
  await enterNumber()
  const spoken = await me.codeTo(to, () => me.press(t('registration.phone.call')))
  const call = await server.message(message => message.to === to)
  assert.equal(call.channel, 'voice')
  assert.equal(call.text, t('messages.code.voice', { organization: 'Acme', digits: [...spoken].join(', ') }))
  await me.at(t('registration.code.title'))
  await me.fill(t('registration.code.label'), spoken)
  await me.press(t('registration.code.verify'))
  await me.at(t('registration.thanks.title'))
  await me.signOut()

  await beginReset(me, name)
  await me.at(t('reset.verify.title'))
  await me.follow(t('reset.verify.sms'))
  await me.at(t('reset.phone.title'))
  await me.select(t('methods.country'), `${locale.country('US')} (+1)`)
  await me.fill(t('methods.number'), '2065550199')
  await me.press(t('reset.phone.text'))
  await me.refused(t('problems.phone_mismatch.title'))
  await me.fill(t('methods.number'), number)
  const code = await me.codeTo(to, () => me.press(t('reset.phone.text')))
  await me.at(t('reset.code.title'))
  await giveCode(me, code)
  await me.at(t('reset.password.title'))
  await me.fill(t('reset.password.new'), NEW_PASSWORD)
  await me.fill(t('reset.password.again'), 'another')
  await me.press(t('reset.password.finish'))
  await me.refused(t('problems.passwords_differ.title'))
  await chooseAndSignIn(me, name)
}
