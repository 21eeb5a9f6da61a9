import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { granted, post } from '../testing/contract.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'

// Every form is sent empty, half empty, too long and with values that no field accepts, in each language. Each error
// names a field on the page that comes back.
const server = await testServer()

interface Field {
  name: string
  value: string
  /** Whether a person types into it. */
  typed: boolean
}

interface Form {
  action: string
  fields: Field[]
}

const attribute = (tag: string, name: string) =>
  new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#x27;', "'")

function formsOf(page: string): Form[] {
  return [...page.matchAll(/<form ([^>]*)>(.*?)<\/form>/gs)].map(([, head = '', inside = '']) => ({
    action: attribute(` ${head}`, 'action') ?? '',
    fields: [...inside.matchAll(/<(input|select|button) ([^>]*)>/g)].flatMap(([, kind, tag = '']) => {
      const name = attribute(` ${tag}`, 'name')
      const type = attribute(` ${tag}`, 'type')
      if (name === undefined) return []
      if (kind === 'select') return [{ name, value: name === 'country' ? 'US' : '', typed: true }]
      const value = attribute(` ${tag}`, 'value') ?? ''
      return [{ name, value, typed: kind === 'input' && type !== 'hidden' && type !== 'radio' }]
    }),
  }))
}

/** A value of each field that is right enough for another field to be at fault. */
const plausible: Record<string, string> = {
  username: 'registered@acme.example',
  password: 'not the password',
  number: '206 555 0199',
  address: 'forms@mail.example',
  currentPassword: 'not the password',
  newPassword: 'Quite-another-kestrel-1',
  password2: 'Quite-another-kestrel-1',
}
const contentOf = ({ name, value }: Field) => value || plausible[name] || 'something'

/** Each wrong way to fill a form in, and the field of its error, where it is one field's. */
function* mistakes({ fields }: Form): Generator<[string, Record<string, string>, string | undefined]> {
  const filled = Object.fromEntries(fields.map(field => [field.name, contentOf(field)]))
  const hidden = fields.filter(({ name, typed }) => !typed && name !== 'problem')
  yield ['nothing typed', Object.fromEntries(hidden.map(({ name, value }) => [name, value])), undefined]
  yield ['a field of another form', { ...filled, unknown: 'x' }, undefined]
  for (const { name, typed } of fields.filter(field => field.typed || field.name === 'problem')) {
    if (name === 'password2') continue
    yield [`no ${name}`, { ...filled, [name]: '' }, typed && name !== 'country' ? name : undefined]
    yield [`a long ${name}`, { ...filled, [name]: 'x'.repeat(5_000) }, undefined]
    yield [`a ${name} of signs that nobody types`, { ...filled, [name]: '\u0007' }, undefined]
  }
}

let judged = 0

/** Sends every form of a page in every wrong way. */
async function walkForms(browser: TestBrowser, path: string, language: string) {
  const page = await browser.page(`${path}${path.includes('?') ? '&' : '?'}lang=${language}`)
  assert.equal(page.status, 200, `${path}: ${page.headers.get('location')}`)
  for (const form of formsOf(page.text)) {
    // A form without typed fields has no errors.
    if (form.fields.every(({ typed, name }) => !typed && name !== 'problem')) continue
    for (const [what, body, field] of mistakes(form)) {
      const about = `${form.action} with ${what}, in ${language}`
      const answer = await browser.submit(form.action, body)
      const shown = await browser.follow(answer)
      assert.equal(shown.status, 200, about)
      const summary = /error-summary.*?<\/ul>/s.exec(shown.text)?.[0]
      assert.ok(summary, `${about}: ${answer.headers.get('location')}`)
      assert.match(
        shown.text,
        { en: /<title>Error: /, fr: /<title>Erreur[\u00a0\u202f]: /, ja: /<title>エラー：/ }[language]!,
        about,
      )
      const links = [...summary.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id ?? '')
      for (const id of links) {
        assert.ok(shown.text.includes(` id="${id}"`), `${about}: ${id} does not stand there`)
        assert.ok(shown.text.includes(` id="${id}-error"`), `${about}: ${id} is not marked`)
      }
      assert.ok(summary.split('<li>').length <= 12, `${about}: ${summary}`)
      assert.doesNotMatch(shown.text, /n’a pas sa place ici|使えない項目|belong here/, about)
      if (field) assert.ok(links.includes(`field-${field}`), `${about}: ${summary.replace(/<svg.*?<\/svg>/gs, '')}`)
      judged++
    }
  }
}

const languages = ['en', 'fr', 'ja']

test('each error of the forms of sign-in and reset names a field that stands on the page', async () => {
  const browser = server.browser()
  const begin = async (username: string) => granted(await post(browser, '/reset', { username }), 201)
  const idOf = (methods: { kind: string; id: string }[], kind: string) =>
    methods.find(one => one.kind === kind)?.id ?? ''
  for (const language of languages) {
    for (const path of ['/signin', '/reset']) await walkForms(browser, path, language)
    await walkForms(browser, `/reset/${(await begin('locked@acme.example')).id}`, language)
    const { id, methods } = await begin('registered@acme.example')
    await walkForms(browser, `/reset/${id}?way=${idOf(methods, 'mobilePhone')}.sms`, language)
    const ask = (kind: string) => post(browser, `/reset/${id}/challenges`, { method: idOf(methods, kind) })
    granted(await ask('securityQuestions'), 201)
    await walkForms(browser, `/reset/${id}`, language)
    const [before] = await server.outbox()
    const { challenge } = granted(await ask('email'), 201)
    const code = await server.code('registered@mail.example', before)
    await walkForms(browser, `/reset/${id}`, language)
    granted(await post(browser, `/reset/${id}/proofs`, { challenge: challenge.id, code }))
    await walkForms(browser, `/reset/${id}`, language)
  }
})

test('each error of the forms of an account names a field that stands on the page', async () => {
  for (const language of languages) {
    const fresh = server.browser()
    granted(await post(fresh, '/signin', { username: 'new@acme.example', password: PASSWORD }))
    for (const kind of ['mobilePhone', 'email', 'securityQuestions'])
      await walkForms(fresh, `/security-info/set-up/${kind}`, language)
    granted(await post(fresh, '/security-info/challenges', { kind: 'authenticatorCode' }), 201)
    await walkForms(fresh, '/security-info/code', language)
    const mine = server.browser()
    granted(await post(mine, '/signin', { username: 'registered@acme.example', password: PASSWORD }))
    const { methods } = granted(await mine.get('/security-info'))
    const ask = (kind: string) =>
      post(mine, '/session/challenges', { method: methods.find((one: { kind: string }) => one.kind === kind).id })
    granted(await ask('securityQuestions'), 201)
    await walkForms(mine, '/session/proof', language)
    const [before] = await server.outbox()
    granted(await ask('email'), 201)
    await server.code('registered@mail.example', before)
    await walkForms(mine, '/session/proof', language)
    await walkForms(mine, '/account/password', language)
  }
  console.log(`${judged} forms were sent and refused`)
})

test('a form that asks for a field, or for the rest of a code, names the act in each language', async () => {
  const wanted = {
    en: 'Enter the 6-digit code.',
    fr: 'Saisissez le code à 6\u00a0chiffres.',
    ja: '6\u00a0桁の確認コードを入力してください。',
  }
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: 'new@acme.example', password: PASSWORD }))
  const { id } = granted(await post(browser, '/security-info/challenges', { kind: 'authenticatorCode' }), 201)
  for (const [language, words] of Object.entries(wanted)) {
    await browser.page(`/security-info/code?lang=${language}`)
    for (const code of ['', '12345', 'none']) {
      const page = await browser.follow(await browser.submit('/security-info/methods', { challenge: id, code }))
      const summary = /error-summary.*?<\/ul>/s.exec(page.text)?.[0] ?? ''
      assert.deepEqual(
        [...summary.matchAll(/<li>(.*?)<\/li>/g)].map(([, line]) => line),
        [`<a href="#field-code">${words}</a>`],
        code,
      )
    }
  }
})
