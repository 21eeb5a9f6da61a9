import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createApp } from '../app.ts'
import { findTenantId } from '../directory/index.ts'
import { createLog } from '../http/index.ts'
import { openStore } from '../store/index.ts'
import { makePartner } from '../testing/partners.ts'
import { type TestBrowser, testBrowser, testServer } from '../testing/server.ts'
import { sameTime } from '../testing/times.ts'

// What strangers begin without proof: sign-ups, cases and their links, account checks, claims of a domain, questions of
// the assistant; and rescues, which take a case. enumeration.test.ts and journeys.test.ts hold sign-in and reset to the same.

const server = await testServer({ signup: 'open' })

let made = 0
const address = (domain = 'mail.example') => `somebody-${String(++made).padStart(5, '0')}@${domain}`
const caseOf = (domain: string, by = address()) => ({
  ...{ kind: 'other', domain, address: by, text: 'Nothing works.' },
})

/** Opens a case, and gives its number and the browser that holds it. */
async function openCase(by: string, domain = 'acme.example'): Promise<{ number: string; browser: TestBrowser }> {
  const browser = server.browser()
  const { json } = await browser.post('/cases', caseOf(domain, by))
  const proof = { challenge: json.challenge.id, code: await server.code(by) }
  assert.equal((await browser.post(`/cases/${json.number}/proofs`, proof)).status, 200)
  return { number: json.number, browser }
}

/** Asks as a browser, and tells the answer's status and every statement that it took. */
async function watch(t: TestContext) {
  const watched = await openStore({ databaseUrl: server.databaseUrl })
  const options = { trustedProxies: [], log: createLog('silent'), checks: {} }
  // The same server once more without its jobs, whose statements would be counted too.
  const { app } = await createApp({ ...server.services, db: watched }, options)
  t.after(() => app.close().then(() => watched.close()))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  let sent: string[] = []
  const listened = new WeakSet<object>()
  watched.pool.on('acquire', client => {
    if (listened.has(client)) return
    listened.add(client)
    const query = client.query
    client.query = function listen(this: unknown, ...args: unknown[]) {
      const [statement] = args
      sent.push(typeof statement === 'string' ? statement : (statement as { text: string }).text)
      return Reflect.apply(query, client, args)
    } as typeof query
  })
  return async (path: string, body: unknown, as?: TestBrowser) => {
    const browser = testBrowser(url)
    for (const [name, value] of as?.cookies ?? []) browser.cookies.set(name, value)
    sent = []
    const { status } = await browser.post(path, body)
    // The tenant stands in each opening of a transaction.
    return { status, sent: sent.map(one => one.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '(id)')) }
  }
}

test('lesson 37: what strangers begin asks the database the same, whoever is known', async t => {
  const asked = await watch(t)
  const known = 'asker@mail.example'
  const { number } = await openCase(known)
  const kinds: Record<string, readonly unknown[]> = {
    '/signup': ['registered@acme.example', 'stranger@acme.example', 'stranger@new.example'].map(one => ({
      ...{ address: one, for: 'company' },
    })),
    '/cases': ['acme.example', 'mail.acme.example', 'new.example'].map(domain => caseOf(domain)),
    '/cases/links': [
      { number, address: known },
      { number, address: 'other@mail.example' },
      { number: 'LK-BCDFGHJK', address: 'third@mail.example' },
    ],
    // Initech has not said that it is here.
    '/account-check': ['acme.example', 'umbrella.example', 'initech.example', 'new.example'].map(query => ({ query })),
    '/takeovers': [
      'first@umbrella.example',
      'nobody@umbrella.example',
      'registered@acme.example',
      'someone@initech.example',
      'nobody@new.example',
    ].map(one => ({ domain: one.split('@')[1], address: one })),
    '/help/sign-in': ['registered@acme.example', 'disabled@acme.example', 'nobody@acme.example'].map(username => ({
      username,
    })),
    '/account-check/mail': ['registered@acme.example', 'nobody@acme.example', 'nobody@new.example'].map(one => ({
      address: one,
    })),
  }
  for (const [path, bodies] of Object.entries(kinds)) {
    const answers = []
    for (const body of bodies) answers.push(await asked(path, body))
    const [first, ...others] = answers
    assert.ok(first!.status < 300 && first!.sent.length > 1, path)
    for (const other of others) assert.deepEqual(other, first, path)
  }
})

test('lesson 37: a rescue asks the database the same for every company that nobody helps, and for every name', async t => {
  const asked = await watch(t)
  const forget = async () => {
    for (const table of ['sends', 'counters', 'flood_points', 'rescues'])
      await server.store.pool.query(`delete from latchkey.${table}`)
  }
  await forget()
  const domains = ['nowhere.example', 'acme.example', 'globex.example']
  type Opened = Awaited<ReturnType<typeof openCase>> & { domain: string }
  const own: Opened[] = []
  const foreign: Opened[] = []
  for (const [place, domain] of domains.entries()) {
    own.push({ domain, ...(await openCase(`chief@${domain}`, domain)) })
    foreign.push({ domain, ...(await openCase(`chief-${place}@mail.example`, domain)) })
    await forget()
  }
  const ask = async ({ number, browser }: Opened, userName: string) => {
    await forget()
    return asked(`/cases/${number}/rescue`, { act: 'newPassword', userName }, browser)
  }
  const same = (answers: Awaited<ReturnType<typeof ask>>[], status: number) => {
    const [first, ...others] = answers
    assert.ok(first!.status === status && first!.sent.length > 1, String(first!.status))
    for (const other of others) assert.deepEqual(other, first)
  }
  const companies = []
  for (const one of own) companies.push(await ask(one, `signer@${one.domain}`))
  same(companies, 201)
  // Acme has somebody who helps.
  const globex = await makePartner(server, 'globex.example', ['admin@globex.example'])
  await server.store.pool.query(
    "insert into latchkey.daps (tenant_id, other_tenant_id, starts_at, ends_at, awake_at) values ($1, $2, now(), now() + interval '90 days', now())",
    [await findTenantId(server.store, 'acme.example'), globex],
  )
  const names = []
  for (const name of ['nobody', 'signer', 'admin', 'disabled']) names.push(await ask(own[1]!, `${name}@acme.example`))
  same(names, 201)
  assert.ok(names[0]!.sent.length > companies[0]!.sent.length, 'who helps is asked')
  const strangers = []
  for (const one of foreign) strangers.push(await ask(one, `signer@${one.domain}`))
  same(strangers, 409)
})

test('the mail of a code says the same, whether its reader has an account or not', async () => {
  const mails = []
  for (const to of ['onpremises@acme.example', 'walker@acme.example', 'walker@fresh.example']) {
    for (const [path, body] of [
      ['/signup', { address: to, for: 'company' }],
      ['/cases', caseOf('acme.example', to)],
      ['/takeovers', { domain: to.split('@')[1], address: to }],
    ] as const) {
      const before = (await server.outbox())[0]
      await server.browser().post(path, body)
      const { subject, text } = await server.message(
        one => one.to === to && one.kind === 'code' && (before === undefined || one.id > before.id),
      )
      const plain = `${subject} ${text}`.replaceAll(to, '(address)').replace(/\d{6}/g, '(code)')
      mails.push({ path, plain: plain.replace(/\/links\/[\w-]+/g, '(link)') })
    }
  }
  for (const { path, plain } of mails) assert.equal(plain, mails.find(one => one.path === path)!.plain, path)
})

test('lesson 37: a case begins as quickly for a domain that nobody has, and a lost link for a number of no case', async () => {
  const browser = server.browser()
  const begin = (domain: string) => async () => assert.equal((await browser.post('/cases', caseOf(domain))).status, 201)
  await sameTime(server, { managed: begin('acme.example'), unknown: begin('acne.example') })
  const { number } = await openCase('ready@mail.example')
  const ask = (of: string) => async () =>
    assert.equal((await browser.post('/cases/links', { number: of, address: address() })).status, 202)
  await sameTime(server, { known: ask(number), unknown: ask('LK-BCDFGHJK') })
})

test('lesson 37: a sign-up and a mailed check begin as quickly for a mailbox of nobody', async () => {
  const browser = server.browser()
  const names = {
    known: ['registered', 'new', 'prefilled', 'stale', 'signer'],
    unknown: ['someone', 'nobody', 'anybody', 'else', 'other'],
  }
  let asked = 0
  const begin = (path: string, kind: keyof typeof names) => async () => {
    const body = { address: `${names[kind][asked++ % 5]}@acme.example` }
    assert.ok((await browser.post(path, body)).status < 300, path)
  }
  for (const path of ['/signup', '/account-check/mail'])
    await sameTime(server, { known: begin(path, 'known'), unknown: begin(path, 'unknown') })
})

const long = { skip: process.env.PROOF === 'long' ? false : 'in the long proof' } as const

test(
  'lesson 37: a rescue is refused as quickly for a domain that nobody has as for a company without a provider',
  long,
  async () => {
    const [company, nobody] = ['initech.example', 'nowhere-at-all.example']
    const opened = async (domain: string) => ({ domain, ...(await openCase(`chief@${domain}`, domain)) })
    const [known, unknown] = [await opened(company), await opened(nobody)]
    const ask =
      ({ domain, number, browser }: Awaited<ReturnType<typeof opened>>) =>
      async () => {
        const answer = await browser.post(`/cases/${number}/rescue`, {
          act: 'newPassword',
          userName: `chief@${domain}`,
        })
        assert.deepEqual([answer.status, answer.json.refusal], [201, 'no_provider'])
      }
    await sameTime(server, { known: ask(known), unknown: ask(unknown) }, () =>
      server.store.pool.query('delete from latchkey.rescues'),
    )
  },
)
