import type { Page } from 'playwright-core'
import { PASSWORD } from '../server/src/demo/index.ts'
import { addKeeper } from './keeper.ts'
import { addPerson } from './people.ts'
import { openScene, refuse, type Scene, type Stage } from './stage.ts'

/** Every page of a reset, in each of its states. */
export async function resetScenes(stage: Stage): Promise<Scene[]> {
  const { server, beginReset, challenge, pass } = stage
  const journey = (name: string, { path, browser }: Pick<Scene, 'path' | 'browser'>, act?: Scene['act']): Scene => ({
    name: `reset/${name}`,
    route: '/reset/:id',
    path,
    browser,
    act,
    journey: true,
  })
  const withMail = async (name: string) => {
    await addPerson(server, `${name}@acme.example`, PASSWORD, {
      email: `${name}@mail.example`,
      mobilePhone: '+12065550170',
    })
    return `${name}@acme.example`
  }
  const withPasskey = async (name: string) => {
    await stage.givePasskey(await addPerson(server, name, PASSWORD, { email: name.replace('acme', 'mail') }))
    return name
  }
  /** A reset whose codes are blocked, after five wrong ones. */
  const block = async (name: string) => {
    const blocked = await beginReset(name)
    const guessed = await challenge(blocked, 'email')
    const code = Number(await server.code(name.replace('acme', 'mail')))
    for (let guesses = 1; guesses <= 5; guesses++) {
      const wrong = String((code + guesses) % 1_000_000).padStart(6, '0')
      await blocked.browser.post(`${blocked.path}/proofs`, { challenge: guessed, code: wrong })
    }
    return blocked
  }
  const somebody = server.browser()
  const start = (name: string, more: Partial<Scene> = {}): Scene => ({
    name: `reset/${name}`,
    route: '/reset',
    path: '/reset',
    browser: somebody,
    ...more,
  })

  const ways = await beginReset('registered@acme.example')
  const mobile = ways.json.methods.find((one: { kind: string }) => one.kind === 'mobilePhone').id
  const second = await beginReset('two-gates@globex.example')
  await pass(second, 'two-gates@mail.example')
  const problem = await beginReset('locked@acme.example')

  const code = await beginReset('registered@acme.example')
  await challenge(code, 'mobilePhone', { phoneNumber: '+12065550110', channel: 'sms' })
  const wrong = await beginReset(await withMail('wrong-code'))
  await challenge(wrong, 'email')
  const failed = await beginReset('registered@acme.example')
  await stage.deliver(await challenge(failed, 'email'), 'failed')
  const waiting = await beginReset('registered@acme.example')
  await stage.deliver(await challenge(waiting, 'email'), 'pending')
  // One for each language: of codes that are asked for at once, the replaced one is never sent.
  let tabs = 0
  const askTwice = async (tab: Page) => {
    const replaced = await beginReset(await withMail(`replaced-${tabs++}`))
    await challenge(replaced, 'email')
    await openScene(tab, server, journey('replaced', replaced))
    await challenge(replaced, 'email')
    await refuse({ code: '123456' })(tab)
  }
  const mismatch = await beginReset(await withMail('mismatch'))
  const mismatching = mismatch.json.methods.find((one: { kind: string }) => one.kind === 'mobilePhone').id

  const questions = await beginReset('registered@acme.example')
  await challenge(questions, 'securityQuestions')
  await addPerson(server, 'with-app@acme.example', PASSWORD, { authenticatorCode: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' })
  const app = await beginReset('with-app@acme.example')
  await challenge(app, 'authenticatorCode')

  const keeper = await addKeeper(stage, 'reset-keeper@acme.example')
  const recovery = await beginReset('reset-keeper@acme.example')
  await challenge(recovery, 'recoveryCode')
  const recovered = await beginReset('reset-keeper@acme.example')
  const oneOfTen = { challenge: await challenge(recovered, 'recoveryCode'), code: keeper.codes[0] }
  await recovered.browser.post(`${recovered.path}/proofs`, oneOfTen)

  const password = await beginReset('registered@acme.example')
  await pass(password, 'registered@mail.example')
  const unlock = await beginReset('locked@acme.example')
  await unlock.browser.post(`${unlock.path}/problem`, { problem: 'unlock' })
  await pass(unlock, 'locked@mail.example')
  const finished = await beginReset(await withMail('finished'))
  await pass(finished, 'finished@mail.example')
  await finished.browser.post(`${finished.path}/password`, { newPassword: 'Demo-passphrase-2027!' })
  const keyed = await beginReset(await withPasskey('keyed@acme.example'))
  await pass(keyed, 'keyed@mail.example')
  await keyed.browser.post(`${keyed.path}/password`, { newPassword: 'Demo-passphrase-2027!' })
  await withMail('unlocked')
  for (let failures = 0; failures < 10; failures++)
    await server.browser().post('/signin', { username: 'unlocked@acme.example', password: `wrong ${failures}` })
  const unlocked = await beginReset('unlocked@acme.example')
  await unlocked.browser.post(`${unlocked.path}/problem`, { problem: 'unlock' })
  await pass(unlocked, 'unlocked@mail.example')
  await unlocked.browser.post(`${unlocked.path}/unlock`)

  const refusals = ['someone@initech.example', 'onpremises@acme.example', 'outside@globex.example', 'new@acme.example']
  const refused = await Promise.all(refusals.map(name => beginReset(name)))
  const unknown = await beginReset('somebody@unknown.example')
  const blocked = await block(await withMail('blocked'))
  const passkey = await beginReset(await withPasskey('with-passkey@acme.example'))
  const passkeyLeft = await block(await withPasskey('passkey-left@acme.example'))
  const expired = await beginReset('registered@acme.example')
  await stage.expire(expired)
  const contacted = await beginReset('new@acme.example')
  await contacted.browser.post(`${contacted.path}/contact`)
  const contact = (name: string, { path, browser }: { path: string; browser: Scene['browser'] }): Scene => ({
    name: `reset/${name}`,
    route: '/reset/:id/contact',
    path: `${path}/contact`,
    browser,
    journey: true,
  })

  return [
    start('start'),
    start('start, of a tenant', { path: '/reset?username=registered%40acme.example' }),
    start('start, nothing typed', { act: refuse({ username: '' }) }),
    journey('choose a problem', problem),
    journey('choose a problem, none chosen', problem, refuse({})),
    journey('ways', ways),
    journey('ways, with a passkey', passkey),
    journey('ways, a passkey refused', passkey, refuseByPasskey),
    journey('ways, second gate', second),
    journey('number', { ...ways, path: `${ways.path}?way=${mobile}.sms` }),
    journey(
      'number, another one',
      { ...mismatch, path: `${mismatch.path}?way=${mismatching}.voice` },
      refuse({ number: '2065550199' }),
    ),
    journey('code, being sent', waiting),
    journey('code', code),
    journey('code, not delivered', failed),
    journey('code, wrong', wrong, refuse({ code: '12345' })),
    journey('code, replaced by a newer one', code, askTwice),
    journey('questions', questions),
    journey('questions, a wrong answer', questions, async tab => {
      const fields = await tab
        .locator('main form input[type=text]')
        .evaluateAll(all => all.map(one => one.getAttribute('name')))
      await refuse(Object.fromEntries(fields.map(name => [name, 'no idea'])))(tab)
    }),
    journey('app', app),
    journey('recovery code', recovery),
    journey('ways, after a recovery code', recovered),
    journey('password', password),
    journey('password, too simple', password, refuse({ newPassword: 'tooeasy1' })),
    journey('unlock', unlock),
    journey('finished', finished),
    journey('finished, a passkey left', keyed),
    journey('unlocked', unlocked),
    ...refused.map(one => journey(`refused, ${one.json.refusal.code}`, one)),
    journey('refused, unknown company', unknown),
    journey('blocked', blocked),
    journey('blocked, a passkey left', passkeyLeft),
    journey('expired', expired),
    contact('contact', refused[3]!),
    contact('contact, help desk', refused[2]!),
    contact('contacted', contacted),
  ]
}

/** Asks for a passkey, and hands in an answer that proves nothing. */
async function refuseByPasskey(tab: Page) {
  const answer = { id: 'AA', rawId: 'AA', type: 'public-key', response: { clientDataJSON: 'AA' } }
  await tab.locator('form.passkey').evaluate(async (form, credential) => {
    const { action, nextElementSibling } = form as HTMLFormElement
    const method = (form as HTMLFormElement).elements.namedItem('method') as HTMLInputElement
    const headers = { accept: 'application/json', 'content-type': 'application/json' }
    const body = JSON.stringify({ method: method.value })
    const { challenge } = await (await fetch(action, { method: 'POST', headers, body })).json()
    const proof = nextElementSibling as HTMLFormElement
    ;(proof.elements.namedItem('challenge') as HTMLInputElement).value = challenge.id
    ;(proof.elements.namedItem('credential') as HTMLInputElement).value = credential
    proof.submit()
  }, JSON.stringify(answer))
  await tab.locator('.error-summary').waitFor()
}
