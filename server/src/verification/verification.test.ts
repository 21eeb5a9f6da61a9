// This file is long because one firm passes through every stage of its verification on one server.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, MINUTE, plus } from '../clock.ts'
import { enrollPartner } from '../demo/index.ts'
import { assignRole, findTenantId, findUserByName } from '../directory/index.ts'
import { admitPartner, refusePartner, restorePartner, suspendPartner } from '../partners/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { latchkey } from '../testing/program.ts'
import { SECRET, testServer } from '../testing/server.ts'
import { jobsDone } from '../testing/state.ts'
import { moveDueVerifications } from './due.ts'
import { tellOfVerification } from './mails.ts'

const DESK = 'acme-europe.example'
const server = await testServer({ operatorTenant: DESK })
const { store, services, clock } = server
const { random, keys } = services
const [acme, desk, globex] = await Promise.all(
  ['acme.example', DESK, 'globex.example'].map(one => findTenantId(store, one)),
)
const deskApi = testApi(server, DESK)
const api = testApi(server)
const globexApi = testApi(server, 'globex.example')
const act = () => ({
  ...{ now: clock.now(), random, keys, actor: { kind: 'operator' } as const },
  trail: { correlationId: random.uuid(clock.now()) },
})
const [reviewerName, secondName] = await inTenant(store, desk!, async trx => {
  const { rows } = await store.pool.query(
    'select id, user_principal_name as name from latchkey.users where tenant_id = $1 order by id limit 2',
    [desk],
  )
  for (const { id } of rows) await assignRole(trx, act(), id, 'Verification Reviewer')
  return rows.map(({ name }) => name as string)
})
const reviewer = () => deskApi.as(reviewerName!)
const second = () => deskApi.as(secondName!)
const admin = () => api.as('admin@acme.example')
const events = async (tenantId: string, activity: string): Promise<Record<string, string>[]> =>
  (
    await store.pool.query(
      'select * from latchkey.audit_events where tenant_id = $1 and activity = $2 order by at, id',
      [tenantId, activity],
    )
  ).rows
const profile = {
  ...{ companyName: 'Acme Trading', street: '1 Quay Street', city: 'Seattle', postalCode: '98101', country: 'US' },
  registrationNumber: null,
}
const contact = (mail: string) => ({ givenName: 'Ada', surname: 'Quay', mail })
const PDF = Buffer.from('%PDF-1.7\nan extract from the register\n%%EOF\n')
const VERIFICATION = '/partner/verification'
const CASE = `/verification/cases/${acme}`

interface Upload {
  type?: string
  fileName?: string
  content?: Buffer
  mediaType?: string
}

/** Uploads a document as the administrator of Acme. */
async function upload({ type, fileName, content = PDF, mediaType = 'application/pdf' }: Upload = {}) {
  const query = new URLSearchParams({ type: type ?? 'businessRegistration', fileName: fileName ?? 'Extract 2026.pdf' })
  const response = await fetch(`${server.url}/v1.0${VERIFICATION}/documents?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await api.tokenOf('admin@acme.example')}`, 'content-type': mediaType },
    body: new Uint8Array(content),
  })
  const json = (await response.json()) as { id: string; sha256: string; error?: { details?: { code: string }[] } }
  return { status: response.status, json, code: json.error?.details?.[0]?.code }
}

const statuses = ({ json }: { json: { stages: { stage: string; status: string }[] } }) =>
  Object.fromEntries(json.stages.map(({ stage, status }) => [stage, status]))
const own = async () => (await admin())('GET', VERIFICATION)
const decide = async (verdict: object, by = reviewer) => (await by())('POST', `${CASE}/decide`, verdict)
const mailTo = (to: string, subject: RegExp) => server.message(one => one.to === to && subject.test(one.subject ?? ''))
/** The link to a mailbox that is sent after `act`. */
async function linkAfter(to: string, act: () => Promise<unknown>): Promise<string> {
  // A mail that was asked for before may still wait.
  await jobsDone(store.pool)
  const sent = new Set((await server.outbox()).map(one => one.id))
  await act()
  return pathIn((await server.message(one => one.to === to && !sent.has(one.id) && /\/links\//.test(one.text))).text)
}
const pathIn = (text: string) => /\/links\/\S+/.exec(text)![0]

test('stages come in their order: the mailbox by a press, the employment by a proved domain, the business by a reviewer', async () => {
  const by = await admin()
  const enrolled = await by('POST', '/partner/enrollments', {
    ...{ program: 'membership', legalProfile: profile, primaryContact: contact('ada@mail.example') },
  })
  assert.equal((await own()).json.status, 'notStarted')
  await by('POST', `/partner/enrollments/${enrolled.json.id}/submit`)
  assert.deepEqual(statuses(await own()), {
    ...{ emailOwnership: 'pending', employment: 'notStarted', business: 'notStarted' },
  })
  const first = pathIn((await mailTo('ada@mail.example', /Confirm this mailbox/)).text)
  // The contact is another: the link of the former one proves nothing, and the new one is mailed.
  await by('PATCH', '/partner', { primaryContact: contact('nora@acme.example') })
  const second = pathIn((await mailTo('nora@acme.example', /Confirm this mailbox/)).text)
  const reader = server.browser()
  assert.equal((await reader.post(first, {})).status, 410)
  // Nor would it while the new one is still to be mailed: it is not to the contact's mailbox.
  await store.pool.query('update latchkey.partner_mailbox_links set expires_at = $1', [plus(clock.now(), DAY)])
  assert.equal((await reader.post(first, {})).status, 410)
  assert.equal(statuses(await own()).emailOwnership, 'pending')
  // A mail scanner's GET proves nothing.
  assert.equal((await reader.page(second)).status, 200)
  assert.equal(statuses(await own()).emailOwnership, 'pending')
  const pressed = await reader.submit(second, {})
  assert.deepEqual([pressed.status, pressed.headers.get('location')], [303, '/links/proved'])
  assert.equal((await reader.post(second, {})).status, 410)
  assert.deepEqual(statuses(await own()), {
    ...{ emailOwnership: 'accepted', employment: 'accepted', business: 'pending' },
  })
  assert.equal((await by('POST', `${VERIFICATION}/stages/emailOwnership/resend`)).code, 'wrong_status')
  assert.equal((await decide({ stage: 'business', verdict: 'accept' })).status, 200)
  const done = await own()
  assert.equal(done.json.status, 'accepted')
  assert.equal((await by('GET', '/partner')).json.verification, 'accepted')
  assert.deepEqual(
    done.json.history.map((one: { stage: string; status: string }) => `${one.stage} ${one.status}`),
    [
      ...['emailOwnership pending', 'emailOwnership accepted', 'employment accepted'],
      ...['business pending', 'business accepted'],
    ],
  )
  await mailTo('nora@acme.example', /is verified/)
})

test('what changed is verified anew, and nothing else; a foreign domain needs documents', async () => {
  const by = await admin()
  await by('PATCH', '/partner', {
    securityContact: contact('sec@mail.example'),
    supportContact: contact('s@mail.example'),
  })
  assert.equal((await own()).json.status, 'accepted')
  await by('PATCH', '/partner', { legalProfile: { ...profile, companyName: 'Acme Commerce' } })
  assert.deepEqual(statuses(await own()), {
    ...{ emailOwnership: 'accepted', employment: 'accepted', business: 'pending' },
  })
  await by('PATCH', '/partner', { primaryContact: contact('ada@mail.example') })
  assert.deepEqual(statuses(await own()), {
    ...{ emailOwnership: 'pending', employment: 'notStarted', business: 'pending' },
  })
  // Another contact counts like a press: a firm chooses whom its words reach.
  for (const status of [202, 429])
    assert.equal((await by('POST', `${VERIFICATION}/stages/emailOwnership/resend`)).status, status)
  const throttled = await by('PATCH', '/partner', { primaryContact: contact('stranger@mail.example') })
  assert.deepEqual([throttled.status, throttled.code], [429, 'throttled'])
  assert.ok(Number(throttled.headers.get('retry-after')) > 0)
  assert.equal((await by('GET', '/partner')).json.primaryContact.mail, 'ada@mail.example')
  // Nobody but the mailbox proves the mailbox.
  assert.equal((await decide({ stage: 'emailOwnership', verdict: 'accept' })).code, 'wrong_status')
  await mailTo('ada@mail.example', /Acme Commerce/)
  // No link overrides a rejection, also not once the firm has answered it.
  const rejection = { stage: 'emailOwnership', verdict: 'reject', reason: 'contact_unreachable' }
  assert.equal((await decide(rejection)).status, 200)
  const former = (await server.outbox()).filter(one => one.to === 'ada@mail.example' && /\/links\//.test(one.text))
  const pressAll = async () => {
    for (const { text } of former) assert.equal((await server.browser().post(pathIn(text), {})).status, 410)
  }
  await pressAll()
  assert.equal(statuses(await own()).emailOwnership, 'rejected')
  await linkAfter('ada@mail.example', async () => {
    assert.equal((await by('POST', `${VERIFICATION}/stages/emailOwnership/fix`, {})).status, 200)
  })
  await pressAll()
  const links = (await server.outbox()).filter(
    one => one.to === 'ada@mail.example' && /Acme Commerce/.test(one.subject ?? '') && /\/links\//.test(one.text),
  )
  const reader = server.browser()
  const answers = []
  for (const { text } of links) answers.push((await reader.post(pathIn(text), {})).status)
  assert.deepEqual(answers.filter(status => status === 200).length, 1, `${answers}`)
  assert.deepEqual(statuses(await own()), {
    ...{ emailOwnership: 'accepted', employment: 'pending', business: 'pending' },
  })
})

test('case 42: “Fix now” makes a stage wait once; an executable and a path are no documents', async () => {
  const by = await admin()
  const fix = (body: object) => by('POST', `${VERIFICATION}/stages/business/fix`, body)
  assert.equal((await fix({})).code, 'wrong_status')
  assert.equal(
    (await decide({ stage: 'business', verdict: 'reject', reason: 'name_mismatch', text: 'See the register.' })).status,
    200,
  )
  const rejected = await own()
  const stage = rejected.json.stages.find((one: { stage: string }) => one.stage === 'business')
  assert.deepEqual(
    [stage.status, stage.reason, stage.text, stage.canFix],
    ['rejected', 'name_mismatch', 'See the register.', true],
  )
  assert.equal(rejected.json.status, 'rejected')
  await server.message(one => one.to === 'ada@mail.example' && /register says/.test(one.text))

  const EXE = Buffer.from('MZ\u0090\0 this program')
  assert.equal((await upload({ fileName: 'a.exe', content: EXE, mediaType: 'application/x-msdownload' })).status, 415)
  assert.equal((await upload({ fileName: 'a.pdf', content: EXE })).status, 415)
  assert.equal((await upload({ fileName: 'a.exe' })).status, 415)
  assert.equal((await upload({ fileName: 'a.png' })).status, 415)
  for (const fileName of ['a/b.pdf', '../b.pdf', 'b', 'a\u202efdp.pdf', `${'a'.repeat(120)}.pdf`, ' .pdf'])
    assert.deepEqual([(await upload({ fileName })).code], ['file_name_invalid'], fileName)
  assert.equal((await upload({ type: 'passport' })).code, 'document_type_unknown')
  assert.equal((await upload({ content: Buffer.concat([PDF, Buffer.alloc(10 * 1024 * 1024)]) })).status, 413)
  const large = await upload({ content: Buffer.concat([PDF, Buffer.alloc(600 * 1024, 7)]) })
  assert.equal(large.status, 201)
  // Only the stage that asks takes any.
  assert.equal((await upload({ type: 'assignmentLetter', fileName: '任命書.pdf' })).code, 'wrong_status')
  const spare: string[] = []
  for (let more = 1; more < 10; more++) spare.push((await upload()).json.id)
  assert.equal((await upload()).code, 'documents_too_many')
  const remove = (id: string) => by('DELETE', `${VERIFICATION}/documents/${id}`)
  assert.equal((await remove(spare[0]!)).status, 204)
  assert.equal((await remove(spare[0]!)).status, 404)
  assert.equal((await events(acme!, 'verification.document_removed')).length, 1)
  // All that is kept of a firm counts, and not its number alone.
  const resize = (by: string) =>
    store.pool.query(`update latchkey.partner_documents set size = size ${by} 314572000 where id = $1`, [spare[1]])
  await resize('+')
  assert.equal((await upload()).code, 'documents_too_many')
  await resize('-')

  const documents = [large.json.id]
  assert.equal((await fix({ documents: [spare[0]!] })).code, 'document_unknown')
  assert.equal((await own()).json.status, 'rejected', 'a refused fix changes nothing')
  const corrected = { legalProfile: { ...profile, companyName: 'Acme Trading' } }
  const fixed = await fix({ documents, comment: 'It is the registered name now.', corrected })
  assert.deepEqual([fixed.status, statuses(fixed).business], [200, 'pending'])
  assert.equal((await by('GET', '/partner')).json.legalProfile.companyName, 'Acme Trading')
  assert.equal((await fix({ documents })).code, 'wrong_status')
  assert.equal((await remove(large.json.id)).code, 'wrong_status', 'it is what the verdict rests on')
  assert.ok(fixed.json.history.some((one: { text: string }) => one.text === 'It is the registered name now.'))
  assert.equal((await upload()).code, 'wrong_status')
  // What is kept tells nothing without the keys.
  const { rows } = await store.pool.query('select name_sealed from latchkey.partner_documents')
  const parts = await store.pool.query('select content_sealed from latchkey.partner_document_parts')
  assert.ok(parts.rows.length >= 3 + 8)
  for (const sealed of [...rows.map(row => row.name_sealed), ...parts.rows.map(row => row.content_sealed)])
    assert.ok(!/Extract|register|AHRyYWN0|JVBERi/.test(sealed.toString('latin1')))
})

test('case 43: a reason is needed, nobody reviews their own company, and readings stand in both logs', async () => {
  const by = await reviewer()
  assert.equal((await decide({ stage: 'business', verdict: 'reject' })).code, 'reason_missing')
  assert.equal((await decide({ stage: 'business', verdict: 'ask', reason: 'other', text: ' ' })).code, 'reason_missing')
  assert.equal((await by('GET', `/verification/cases/${desk}`)).code, 'own_company')
  const listed = await by('GET', '/verification/cases')
  assert.deepEqual(
    listed.json.value.map((one: { id: string }) => one.id),
    [acme],
  )
  const found = await by('GET', CASE)
  // What was not handed in is the firm's own.
  assert.equal(found.json.documents.length, 1)
  // A reviewer sees what can still be asked for; the firm does not.
  assert.equal(statuses(found).dueDiligence, 'notStarted')
  assert.equal(statuses(await own()).dueDiligence, undefined)
  const [{ id, sha256 }] = found.json.documents
  const read = await fetch(`${server.url}/v1.0${CASE}/documents/${id}`, {
    headers: { authorization: `Bearer ${await deskApi.tokenOf(reviewerName!)}` },
  })
  const content = Buffer.from(await read.arrayBuffer())
  const { createHash } = await import('node:crypto')
  assert.equal(createHash('sha256').update(content).digest('hex'), sha256)
  assert.equal(read.headers.get('content-type'), 'application/octet-stream')
  assert.match(read.headers.get('content-disposition')!, /^attachment;/)
  assert.equal(read.headers.get('x-content-type-options'), 'nosniff')
  const [inDesk] = await events(desk!, 'verification.document_read')
  const [inFirm] = await events(acme!, 'verification.document_read')
  assert.deepEqual([inDesk?.actor_name, inFirm?.actor_name, inFirm?.actor_kind], [reviewerName, null, 'operator'])
  assert.equal(inDesk?.correlation_id, inFirm?.correlation_id)
  assert.ok(!JSON.stringify([inDesk, inFirm]).includes('Extract'), 'no name of a file stands in a log')

  // The firm's own people, other tenants' reviewers and programs reach no desk.
  const strangers = [await admin(), await globexApi.as('admin@globex.example')]
  await inTenant(store, globex!, async trx => {
    const { id: userId } = (await findUserByName(trx, globex!, 'outside@globex.example'))!
    await assignRole(trx, act(), userId, 'Verification Reviewer')
  })
  const foreign = await globexApi.as('outside@globex.example')
  for (const path of ['/verification/cases', CASE, `${CASE}/documents/${id}`]) {
    for (const one of strangers) assert.equal((await one('GET', path)).status, 403, path)
    assert.equal((await foreign('GET', path)).status, 404, path)
    assert.equal((await (await deskApi.asApplication(['Directory.ReadWrite.All']))('GET', path)).status, 403)
  }
  assert.equal((await foreign('POST', `${CASE}/decide`, { stage: 'business', verdict: 'accept' })).status, 404)
  const stale = await deskApi.as(reviewerName!, { ago: 16 })
  assert.equal((await stale('POST', `${CASE}/decide`, { stage: 'business', verdict: 'accept' })).status, 401)

  // Who has claimed it decides it; a second rejection takes another person.
  const other = await second()
  assert.equal((await other('POST', `${CASE}/claim`)).code, 'claimed')
  clock.advance(25 * 60 * MINUTE)
  assert.equal((await (await second())('POST', `${CASE}/claim`)).json.claimedBy.userPrincipalName, secondName)
  const again = { stage: 'business', verdict: 'reject', reason: 'document_old' }
  assert.equal((await decide(again)).code, 'claimed')
  clock.advance(25 * 60 * MINUTE)
  assert.equal((await decide(again)).code, 'same_person')
  clock.advance(25 * 60 * MINUTE)
  assert.equal((await decide(again, second)).status, 200)
  // Also where the firm has named another contact meanwhile.
  const employment = { stage: 'employment', verdict: 'reject', reason: 'contact_not_employee' }
  assert.equal((await decide(employment, second)).status, 200)
  const patch = async (mail: string) => (await admin())('PATCH', '/partner', { primaryContact: contact(mail) })
  await patch('nora@mail.example')
  const link = await linkAfter('ada@mail.example', () => patch('ada@mail.example'))
  assert.equal((await server.browser().post(link, {})).status, 200)
  assert.equal(statuses(await own()).employment, 'pending')
  assert.equal((await decide(employment, second)).code, 'same_person')
})

test('case 44: a rejection reminds at 1, 7, 21 and 29 days, suspends at 30, and acceptance lifts it; documents go in time', async () => {
  const move = () => moveDueVerifications(store, { now: clock.now(), random, keys }, DESK)
  const reminded = async () =>
    (await events(acme!, 'verification.reminded')).map(({ details }) => details as unknown as { days: string })
  const days: string[] = []
  const from = clock.now()
  for (const day of [0, 1, 2, 7, 8, 21, 22, 29]) {
    clock.advance(plus(from, day * DAY).getTime() - clock.now().getTime() + MINUTE)
    await move()
    await move()
    days.splice(0, days.length, ...(await reminded()).map(one => one.days))
  }
  assert.deepEqual(days, ['1', '7', '21', '29'])
  const status = async () => (await (await admin())('GET', '/partner')).json.status
  await inTenant(store, acme!, trx =>
    trx.updateTable('partner_enrollments').set({ admitted_at: clock.now() }).where('tenant_id', '=', acme!).execute(),
  )
  const [{ id: enrollment }] = (await (await admin())('GET', '/partner/enrollments')).json.value
  assert.equal(
    (await (await admin())('POST', `/partner/enrollments/${enrollment}/sign`, { version: '2026-11' })).status,
    200,
  )
  assert.equal(await status(), 'active')
  const invite = async () => (await admin())('POST', '/partner/invitations', { kind: 'reseller' })
  assert.equal((await invite()).status, 201)
  clock.advance(2 * DAY)
  await move()
  assert.equal(await status(), 'suspended')
  assert.deepEqual([(await invite()).status, (await invite()).code], [403, 'account_not_active'])
  assert.match((await mailTo('ada@mail.example', /is suspended/)).text, /What stands goes on/)
  // A fix alone lifts nothing.
  const fixed = await (await admin())('POST', `${VERIFICATION}/stages/business/fix`, { comment: 'Again.' })
  assert.equal(fixed.status, 200)
  assert.equal(await status(), 'suspended')
  assert.equal((await decide({ stage: 'business', verdict: 'accept' })).status, 200)
  assert.equal(await status(), 'suspended', 'the employment waits still')
  assert.equal((await decide({ stage: 'employment', verdict: 'accept' })).status, 200)
  assert.equal(await status(), 'active')
  assert.equal((await invite()).status, 201)

  // Documents: what nobody handed in is gone after 7 days, the rest 90 days after the verdict.
  const kept = async () => (await own()).json.documents.length
  assert.equal(await kept(), 1)
  clock.advance(91 * DAY)
  assert.equal(await kept(), 0)
  await removeExpired(services)
  const { rows } = await store.pool.query('select count(*)::int as count from latchkey.partner_document_parts')
  assert.equal(rows[0].count, 0)

  // The operator's word is a verdict too, and so is a refusal of all that was handed in.
  for (const [name, decided] of [
    ['Admitted', admitPartner],
    ['Refused', refusePartner],
  ] as const) {
    const corrected = { legalProfile: { ...profile, companyName: `Acme ${name}` } }
    await (await admin())('PATCH', '/partner', corrected)
    assert.equal((await decide({ stage: 'business', verdict: 'ask', reason: 'document_old' })).status, 200)
    const documents = [(await upload()).json.id]
    const fix = await (await admin())('POST', `${VERIFICATION}/stages/business/fix`, { documents })
    assert.equal(fix.status, 200)
    // Asked once more, the firm hands the same in: the reviewers have it since the first time, and it stays.
    const last = async () => (await own()).json.documents.at(-1)
    const first = await last()
    clock.advance(MINUTE)
    assert.equal((await decide({ stage: 'business', verdict: 'ask', reason: 'document_old' })).status, 200)
    assert.equal((await (await admin())('POST', `${VERIFICATION}/stages/business/fix`, { documents })).status, 200)
    assert.deepEqual(
      [(await last()).handedInDateTime, (await last()).erasedDateTime, first.canRemove, (await last()).canRemove],
      [first.handedInDateTime, first.erasedDateTime, false, false],
    )
    if (decided === refusePartner)
      await store.pool.query(
        'update latchkey.partner_enrollments set admitted_at = null, signed_at = null where tenant_id = $1',
        [acme],
      )
    await inTenant(store, acme!, trx => decided(trx, act()))
    const { erasedDateTime } = await last()
    assert.ok(new Date(erasedDateTime) <= plus(clock.now(), 90 * DAY), `${name} ${erasedDateTime}`)
  }
  assert.equal((await decide({ stage: 'business', verdict: 'accept' })).status, 200)
})

test('reviewers are mailed once of what waits for 5 business days, and time jumps end in one suspension', async () => {
  const move = () => moveDueVerifications(store, { now: clock.now(), random, keys }, DESK)
  await inTenant(store, globex!, trx =>
    enrollPartner(trx, act(), { program: 'membership', companyName: 'Globex Care', agents: {}, rejectedAgo: 20 }),
  )
  const by = () => globexApi.as('admin@globex.example')
  const [said] = (await (await by())('GET', VERIFICATION)).json.stages.filter((one: { canFix: boolean }) => one.canFix)
  assert.deepEqual([said.stage, said.status, said.reason], ['business', 'rejected', 'address_mismatch'])
  // From day 20 to far behind day 30 in one jump: suspended, not reminded. Another suspension does not swallow it.
  await inTenant(store, globex!, trx => suspendPartner(trx, act(), 'abuse'))
  clock.advance(300 * DAY)
  await move()
  await move()
  assert.equal((await (await by())('GET', '/partner')).json.suspension.reason, 'abuse')
  await inTenant(store, globex!, trx => restorePartner(trx, act()))
  clock.advance(DAY)
  await move()
  assert.equal((await (await by())('GET', '/partner')).json.suspension.reason, 'verification')
  assert.equal((await events(globex!, 'partner.suspended')).length, 2)
  const fixed = await (await by())('POST', `${VERIFICATION}/stages/business/fix`, {})
  assert.equal(fixed.status, 200)
  const overdue = async () =>
    (await server.outbox()).filter(one => /Globex Care waits too long/.test(one.subject ?? '')).length
  clock.advance(4 * DAY)
  await move()
  assert.equal(await overdue(), 0)
  clock.advance(4 * DAY)
  await move()
  await move()
  await mailTo(reviewerName!, /Globex Care waits too long/)
  await mailTo(secondName!, /Globex Care waits too long/)
  assert.equal(await overdue(), 2)
})

test('the operator decides by the command too', async () => {
  const env = { DATABASE_URL: server.databaseUrl, LATCHKEY_SECRETS: SECRET }
  const shown = await latchkey(env, 'verifications', 'show', 'globex.example')
  assert.match(shown.out, /business +pending/, shown.err)
  const missing = ['verifications', 'reject', 'globex.example', '--stage', 'business']
  assert.equal((await latchkey(env, ...missing)).code, 1)
  const accepted = await latchkey(env, 'verifications', 'accept', 'globex.example', '--stage', 'business', '--json')
  assert.equal(JSON.parse(accepted.out).status, 'accepted', accepted.err)
  assert.deepEqual(JSON.parse((await latchkey(env, 'verifications', 'list', '--json')).out), [])
})

test('what the former version writes beside this one is verified anew too', async () => {
  const stage = async () => statuses(await (await globexApi.as('admin@globex.example'))('GET', VERIFICATION)).business
  const before = await stage()
  await inTenant(store, globex!, trx =>
    trx.updateTable('partner_accounts').set({ changed_at: clock.now() }).where('tenant_id', '=', globex!).execute(),
  )
  assert.deepEqual([before, await stage()], ['accepted', 'pending'])
})

test('what waits for a reviewer is listed before what waits for the firm, however long', async () => {
  const pageOf = async (path: string) => (await (await reviewer())('GET', path)).json
  const listed = async () => {
    const found: string[] = []
    let path = '/verification/cases?$top=1&$count=true'
    for (;;) {
      const { value, '@odata.nextLink': next } = await pageOf(path)
      assert.ok(value.length <= 1)
      found.push(...value.map((one: { id: string }) => one.id))
      if (next === undefined) return found
      path = next.slice(next.indexOf('/verification/'))
    }
  }
  assert.deepEqual(await listed(), [globex])
  assert.equal((await pageOf('/verification/cases?$count=true'))['@odata.count'], 1)
  clock.advance(DAY)
  await (await admin())('PATCH', '/partner', { legalProfile: { ...profile, companyName: 'Acme Field' } })
  assert.deepEqual(await listed(), [globex, acme])
  const ask = { stage: 'business', verdict: 'ask', reason: 'document_old' }
  assert.equal((await (await reviewer())('POST', `/verification/cases/${globex}/decide`, ask)).status, 200)
  clock.advance(DAY)
  await (await admin())('PATCH', '/partner', { legalProfile: { ...profile, companyName: 'Acme Quay' } })
  await store.pool.query("update latchkey.partner_stages set since = since - interval '9 days' where tenant_id = $1", [
    globex,
  ])
  assert.deepEqual(await listed(), [acme, globex])
  const [first, other] = (await pageOf('/verification/cases')).value
  assert.deepEqual(
    [first.companyName, first.status, statuses({ json: first }).business, first.claimedBy],
    ['Acme Quay', 'pending', 'pending', null],
  )
  assert.deepEqual([other.status, other.claimedBy], ['pendingActions', null])
  await (await second())('POST', `${CASE}/claim`)
  assert.equal((await pageOf('/verification/cases')).value[0].claimedBy.userPrincipalName, secondName)
})

test('firms together ask one mailbox no more than six times a day', async () => {
  const ask = () => tellOfVerification(store, act(), { tenantId: globex!, news: 'prove', stage: 'emailOwnership' })
  const link = await linkAfter('stranger@mail.example', async () => {
    await (await globexApi.as('admin@globex.example'))('PATCH', '/partner', {
      primaryContact: contact('stranger@mail.example'),
    })
  })
  for (let more = 1; more < 8; more++) await ask()
  const asked = await store.pool.query(
    'select count(*)::int as count from latchkey.partner_mailbox_links where tenant_id = $1',
    [globex],
  )
  assert.equal(asked.rows[0].count, 6)
  assert.equal((await server.browser().post(link, {})).status, 410)
})

test('what a firm is asked for has 30 days, also where the former version wrote no day', async () => {
  const move = () => moveDueVerifications(store, { now: clock.now(), random, keys }, DESK)
  const business = async () =>
    (await (await globexApi.as('admin@globex.example'))('GET', VERIFICATION)).json.stages.find(
      (one: { stage: string }) => one.stage === 'business',
    )
  assert.ok((await business()).dueDateTime)
  await store.pool.query('update latchkey.partner_stages set due_at = null, look_at = null where tenant_id = $1', [
    globex,
  ])
  await move()
  assert.ok(new Date((await business()).dueDateTime) > plus(clock.now(), 29 * DAY))
  const suspended = async () => (await events(globex!, 'partner.suspended')).length
  const before = await suspended()
  clock.advance(29 * DAY)
  await move()
  assert.equal(await suspended(), before)
  clock.advance(DAY)
  await move()
  assert.equal(await suspended(), before + 1)
})

test('a firm that the former version hands in waits for its mailbox', async () => {
  await inTenant(store, acme!, async trx => {
    await trx.deleteFrom('partner_stages').where('tenant_id', '=', acme!).execute()
    const written = trx.updateTable('partner_enrollments').where('tenant_id', '=', acme!)
    await written.set({ submitted_at: null }).execute()
    assert.equal(
      (await trx.selectFrom('partner_stages').select('stage').where('tenant_id', '=', acme!).execute()).length,
      0,
    )
    await written.set({ submitted_at: clock.now() }).execute()
  })
  assert.deepEqual((await own()).json.status, 'pending')
  assert.equal(statuses(await own()).emailOwnership, 'pending')
  const listed = (await (await reviewer())('GET', '/verification/cases')).json.value
  assert.ok(listed.some((one: { id: string }) => one.id === acme))
})
