import type { Walker } from './browser.ts'

/** The new password of everybody here. */
export const NEW_PASSWORD = 'Un mot 2 passe nouveau'

/** Begins a reset from the page of sign-in, as after a refused password. */
export async function beginReset({ open, follow, fill, press, at, t }: Walker, name: string) {
  await open('/signin?other')
  await follow(t('signin.forgot'))
  await at(t('reset.start.title'))
  await fill(t('signin.username'), name)
  await press(t('reset.start.next'))
}

/** From the page for the new password to the account, by the new password. */
export async function chooseAndSignIn({ fill, press, follow, at, arrive, t }: Walker, name: string) {
  await at(t('reset.password.title'))
  await fill(t('reset.password.new'), NEW_PASSWORD)
  await fill(t('reset.password.again'), NEW_PASSWORD)
  await press(t('reset.password.finish'))
  await at(t('reset.finished.resetTitle'))
  await follow(t('reset.finished.signIn'))
  await at(t('signin.title'))
  await fill(t('signin.username'), name)
  await press(t('signin.next'))
  await at(t('signin.passwordTitle'))
  await fill(t('signin.password'), NEW_PASSWORD)
  await press(t('signin.submit'))
  await arrive()
}

export async function giveCode({ fill, press, t }: Pick<Walker, 'fill' | 'press' | 't'>, code: string) {
  await fill(t('reset.code.label'), code)
  await press(t('reset.code.verify'))
}

/** From the list of ways to the lifted lock, by a code that is mailed. */
export async function proveAndUnlock(me: Walker, mailbox: string) {
  const { press, at, t } = me
  await at(t('reset.verify.title'))
  const code = await me.codeTo(mailbox, () => press(t('reset.verify.email')))
  await at(t('reset.code.title'))
  await giveCode(me, code)
  await at(t('reset.unlock.title'))
  await press(t('reset.unlock.finish'))
  await at(t('reset.finished.unlockTitle'))
}

/** Fills in and sends the form for a new password of one's own account. */
export async function changePassword({ fill, press, t }: Walker, from: string, to: string) {
  await fill(t('account.change.current'), from)
  await fill(t('account.change.new'), to)
  await fill(t('account.change.again'), to)
  await press(t('account.change.submit'))
}
