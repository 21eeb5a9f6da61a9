import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { numbers } from '../oidc/index.ts'
import { resetRefusals } from '../readiness/index.ts'
import { testServer } from '../testing/server.ts'
import { languages, loadWords } from '../words/index.ts'
import { helpOfCode } from './codes.ts'
import { readBlocks } from './markdown.ts'
import { administratorIds, loadHelp, topicIds } from './topics.ts'

const server = await testServer()
const browser = server.browser()
const help = loadHelp()
const words = loadWords()
const search = async (words: string, language = 'en') =>
  (await browser.request('GET', `/help?q=${encodeURIComponent(words)}`, { headers: { 'accept-language': language } }))
    .json.topics as { id: string; title: string; href: string; excerpt: string }[]
const pageIn = (path: string, language: string) =>
  browser.request('GET', path, { page: true, headers: { 'accept-language': language } })

test('words of each language find a page, which is shown in the reader’s own', async () => {
  for (const typed of [
    'mot de passe',
    'パスワード',
    'Mot  de PASSE oublié',
    'ﾊﾟｽﾜｰﾄﾞ',
    'forgot password',
    "j'ai oublie",
  ]) {
    const [first] = await search(typed)
    assert.deepEqual(
      [first?.id, first?.href, first?.title],
      [...['forgot-password', '/help/forgot-password', 'I forgot my password']],
      typed,
    )
  }
  assert.equal((await search('forgot password', 'ja'))[0]?.title, 'パスワードを忘れた')
  assert.equal((await search('mot de passe', 'fr'))[0]?.title, 'J’ai oublié mon mot de passe')
  const excerpt = async (words: string, language: string) => (await search(words, language))[0]?.excerpt ?? ''
  assert.match(await excerpt('verrouillé', 'fr'), / verrouillage dure…$/)
  assert.equal((await search('SMS'))[0]?.id, 'code-not-received')
  assert.equal((await search('volunteers'))[0]?.href, '/help/administrators/roll-out')
  assert.deepEqual(await search('xylophone'), [])
  assert.deepEqual(
    (await search('')).map(({ id }) => id),
    [...topicIds],
  )
  const page = await browser.page('/help?q=SSPR_0014')
  assert.match(page.text, /href="\/help\/codes\/SSPR_0014"/)
  assert.match((await browser.page(`/help?q=${encodeURIComponent('<b>"')}`)).text, /0 pages for “&lt;b&gt;&quot;”/)
})

test('every code that people can see has a page in three languages, with what to do next', async () => {
  const problems = Object.keys(
    loadWords()
      .in('en')
      .t('problems', { returnObjects: true } as never) as object,
  )
  const codes = [
    ...resetRefusals,
    ...Object.values(numbers).flatMap(all => all.map(number => `AADSTS${number}`)),
    ...problems.filter(code => code !== 'field'),
  ]
  assert.ok(codes.length > 120, `${codes.length}`)
  for (const language of languages)
    for (const code of codes) {
      const { title, detail, next, topic } = helpOfCode(words.in(language), code)
      assert.ok(!/\{\{|\0|^problems\.|^reset\./.test(`${title} ${detail} ${next}`), `${code} ${language}`)
      assert.ok(title !== '' && topicIds.includes(topic), code)
    }
  for (const code of resetRefusals) {
    const { status, text } = await pageIn(`/help/codes/${code}`, 'ja')
    assert.equal(status, 200, code)
    assert.match(text, /<a class="button button-secondary" href="\/help\/[a-z-]+"/, code)
  }
  for (const code of ['SSPR_0012', '99999', 'field', '__proto__', 'constructor', 'x', 'title'])
    assert.equal((await browser.page(`/help/codes/${code}`)).status, 404, code)
  assert.equal((await browser.get('/help/codes/aadsts50126')).json.code, 'AADSTS50126')
  assert.equal((await browser.get('/help/codes/sspr_0014')).json.topic, 'common-problems')
  assert.equal((await browser.get('/help/codes/current_password_incorrect')).json.topic, 'change-password')
})

test('every page stands in its language, and each of its links leads somewhere', async () => {
  const paths = ['/help', '/help/administrators', ...topicIds.map(id => `/help/${id}`)]
  const followed = new Set<string>()
  for (const language of languages)
    for (const path of [...paths, ...administratorIds.map(id => `/help/administrators/${id}`)]) {
      const { status, text } = await pageIn(path, language)
      assert.equal(status, 200, path)
      assert.ok(text.includes(`<html lang="${language}"`), path)
      assert.ok(!/\*\*|\]\(|```/.test(text), `${path} ${language}: a sign of Markdown is left`)
      assert.ok(text.length < 16_000, `${path} ${language}: ${text.length}`)
      for (const [, href] of text.matchAll(/<a [^>]*href="(\/[^"?]*)/g)) followed.add(href!)
    }
  assert.ok(followed.size > 20)
  for (const href of followed) {
    const { status } = await pageIn(href, 'en')
    assert.ok([200, 303].includes(status), `${href}: ${status}`)
  }
  for (const path of ['/help/nothing', '/help/administrators/nothing', '/help/../x', '/help/forgot-password.md'])
    assert.equal((await browser.page(path)).status, 404, path)
})

test('a refused reset and a refused sign-in lead to the page of their code', async () => {
  const one = server.browser()
  const sent = await one.submit('/reset', { username: 'new@acme.example' })
  assert.match((await one.follow(sent)).text, /href="\/help\/codes\/SSPR_0014"/)
  const off = server.browser()
  const nobody = await off.submit('/reset', { username: 'someone@initech.example' })
  assert.match((await off.follow(nobody)).text, /href="\/support"/)
  const refused = await one.submit('/signin', { username: 'new@acme.example', password: 'wrong' })
  assert.match((await one.follow(refused)).text, /href="\/help\/codes\/AADSTS50126"/)
})

test('what a person does with an account leads to help about it', async () => {
  const [elsewhere, person] = [server.browser(), server.browser()]
  for (const one of [elsewhere, person])
    await one.post('/signin', { username: 'signer@acme.example', password: PASSWORD })
  assert.match((await person.page('/security-info')).text, /href="\/help\/new-phone"/)
  const { text } = await person.page('/account/activity')
  const [, report = ''] = /href="(\/account\/activity\/[\w-]+\/report)"/.exec(text) ?? []
  assert.match((await person.page(report)).text, /href="\/help\/not-me"/)
  assert.doesNotMatch((await person.page('/account/password')).text, /href="\/help\/new-password"/)
  const weak = { currentPassword: PASSWORD, newPassword: 'acme', password2: 'acme' }
  const refused = await person.submit('/account/password', weak)
  assert.match((await person.follow(refused)).text, /href="\/help\/new-password"/)
  const newcomer = server.browser()
  await newcomer.post('/signin', { username: 'new@acme.example', password: PASSWORD })
  assert.match((await newcomer.page('/security-info')).text, /href="\/help\/register"/)
})

test('each page of help but the overview is linked where its problem occurs', async () => {
  // What was done in one browser is reported from another.
  const [elsewhere, person] = [server.browser(), server.browser()]
  for (const one of [elsewhere, person])
    await one.post('/signin', { username: 'signer@acme.example', password: PASSWORD })
  const newcomer = server.browser()
  await newcomer.post('/signin', { username: 'new@acme.example', password: PASSWORD })
  const texts = [
    ...(await Promise.all(
      ['/reset', '/start', '/signup', '/account-check', '/support', '/cases'].map(path => browser.page(path)),
    )),
    ...(await Promise.all(['/security-info', '/account/password'].map(path => person.page(path)))),
    await newcomer.page('/security-info'),
  ].map(({ text }) => text)
  const [, report = ''] = /href="(\/account\/activity\/[\w-]+\/report)"/.exec(
    (await person.page('/account/activity')).text,
  )!
  texts.push((await person.page(report)).text)
  const weak = { currentPassword: PASSWORD, newPassword: 'acme', password2: 'acme' }
  texts.push((await person.follow(await person.submit('/account/password', weak))).text)
  const locked = server.browser()
  texts.push((await locked.follow(await locked.submit('/reset', { username: 'locked@acme.example' }))).text)
  // The page of a code, and the same after a wrong one.
  const resetting = server.browser()
  const { id, methods } = (await resetting.post('/reset', { username: 'registered@acme.example' })).json
  const method = methods.find(({ kind }: { kind: string }) => kind === 'email').id
  const { challenge } = (await resetting.post(`/reset/${id}/challenges`, { method })).json
  texts.push((await resetting.page(`/reset/${id}`)).text)
  const wrong = { challenge: challenge.id, code: '000000' }
  texts.push((await resetting.follow(await resetting.submit(`/reset/${id}/proofs`, wrong))).text)
  const linked = new Set(
    texts.flatMap(text => [...text.matchAll(/href="\/help\/([a-z-]+)"/g)].map(([, topic]) => topic)),
  )
  const missing = topicIds.filter(id => !linked.has(id))
  assert.deepEqual(missing, ['common-problems'], 'which is for whoever has found none of them')
})

test('each page of help for administrators is linked from a page of their application', () => {
  const root = new URL('../../../admin/src/', import.meta.url)
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.tsx'))
    .map(name => readFileSync(new URL(name, root), 'utf8'))
  const linked = sources.flatMap(text => [...text.matchAll(/<LearnMore topic="([a-z-]+)"/g)].map(([, topic]) => topic!))
  assert.deepEqual([...new Set(linked)].sort(), [...administratorIds].sort())
})

test('help pages know a few signs of Markdown, and let no other through as markup', () => {
  const blocks = readBlocks('## A **b** `c`\n\n1. one\n2. [two](/help)\n\n```\nx\n\ny\n```\n\n<b>plain</b>')
  assert.deepEqual(
    blocks.map(({ kind }) => kind),
    ['heading', 'list', 'code', 'paragraph'],
  )
  assert.deepEqual(blocks[2], { kind: 'code', lines: ['x', '', 'y'] })
  assert.deepEqual(blocks[3], { kind: 'paragraph', spans: [{ kind: 'text', text: '<b>plain</b>' }] })
  assert.equal(help.topics.en.length, topicIds.length)
})
