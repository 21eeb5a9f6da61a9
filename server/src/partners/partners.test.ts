import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTenantId, findUserByName } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'
import { admitPartner, listPartners, restorePartner, suspendPartner } from './index.ts'
import { checkLegalProfile, type LegalProfile, warningsOf } from './legal.ts'

const server = await testServer()
const { store, services } = server
const { random, keys } = services
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const operator = () => ({
  now: services.clock(),
  random,
  keys,
  actor: { kind: 'operator' } as const,
  trail: { correlationId: random.uuid(services.clock()) },
})
const idOf = async (name: string) => (await inTenant(store, acme, trx => findUserByName(trx, acme, name)))!.id
const profile = {
  companyName: 'Acme Trading',
  street: '1 Quay Street',
  city: 'Seattle',
  postalCode: '98101',
  country: 'US',
  registrationNumber: null,
}
const contact = { givenName: 'Ada', surname: 'Quay', mail: 'ada@mail.example' }
const events = async (like: string) =>
  (
    await store.pool.query(
      'select activity, details from latchkey.audit_events where tenant_id = $1 and activity like $2 order by at, id',
      [acme, like],
    )
  ).rows.map(({ activity }) => activity)

test('case 33: a firm enrolls in the membership first, is admitted, signs, and its signer is the first Admin agent', async () => {
  const admin = await api.as('admin@acme.example')
  const enroll = (program: string, more = {}) => admin('POST', '/partner/enrollments', { program, ...more })
  assert.equal((await admin('GET', '/partner')).status, 404)
  assert.equal((await enroll('indirectReseller')).code, 'membership_first')
  assert.equal((await enroll('membership')).code, 'property_required')
  const first = await enroll('membership', { legalProfile: profile, primaryContact: contact })
  assert.equal(first.status, 201)
  assert.deepEqual([first.json.program, first.json.status], ['membership', 'draft'])
  const account = await admin('GET', '/partner')
  assert.match(account.json.partnerId, /^P-[A-Z]{8}$/)
  assert.deepEqual(
    [account.json.status, account.json.kinds, account.json.verification],
    ['onboarding', [], 'notStarted'],
  )
  assert.equal((await enroll('membership')).code, 'ObjectConflict')
  const path = `/partner/enrollments/${first.json.id}`
  assert.equal((await admin('POST', `${path}/sign`, { version: '2026-11' })).code, 'verification_pending')
  assert.equal((await admin('POST', `${path}/submit`)).json.status, 'verifying')
  assert.equal((await admin('POST', `${path}/submit`)).code, 'wrong_status')
  assert.equal((await admin('POST', `${path}/sign`, { version: '2026-11' })).code, 'verification_pending')

  const reseller = await enroll('indirectReseller')
  assert.equal((await enroll('directBill')).code, 'kind_conflict')
  assert.equal((await enroll('indirectProvider')).code, 'kind_conflict')
  assert.equal((await enroll('indirectReseller')).code, 'ObjectConflict')
  const foreign = { legalProfile: { ...profile, country: 'FR' } }
  await admin('POST', `/partner/enrollments/${reseller.json.id}/withdraw`)
  assert.equal((await enroll('indirectProvider', foreign)).code, 'country_mismatch')

  const waiting = await listPartners(store, operator())
  assert.deepEqual(
    waiting.map(one => [one.tenantId, one.legalProfile.companyName]),
    [[acme, 'Acme Trading']],
  )
  assert.deepEqual(await inTenant(store, acme, trx => admitPartner(trx, operator())), ['membership'])
  assert.equal((await admin('POST', `${path}/sign`, { version: '2020-01' })).code, 'agreement_outdated')
  const signed = await admin('POST', `${path}/sign`, { version: '2026-11' })
  assert.equal(signed.json.status, 'active')
  // A right has risen: the signer signs in anew.
  assert.equal((await admin('GET', '/partner')).status, 401)
  const again = await api.as('admin@acme.example')
  const active = await again('GET', '/partner')
  assert.deepEqual(
    [active.json.status, active.json.kinds, active.json.verification],
    ['active', ['membership'], 'accepted'],
  )
  assert.equal(active.json.agreement.signedBy, 'admin@acme.example')
  const access = await again('GET', '/partner/access')
  assert.ok(access.json.roles.includes('Admin agent'))
  const groups = await again('GET', '/groups?$filter=isAssignableToRole eq true&$select=displayName')
  assert.deepEqual(groups.json.value.map((one: { displayName: string }) => one.displayName).sort(), [
    'Admin agents',
    'Helpdesk agents',
    'Sales agents',
  ])
  assert.equal((await again('POST', `${path}/withdraw`)).code, 'wrong_status')
  assert.deepEqual(await events('enrollment.%'), [
    'enrollment.created',
    'enrollment.submitted',
    'enrollment.created',
    'enrollment.withdrawn',
    'enrollment.admitted',
    'enrollment.signed',
  ])
})

test('names and registration numbers follow the rules of the country', () => {
  const code = (changes: Partial<LegalProfile>) => {
    try {
      checkLegalProfile({ ...profile, ...changes })
      return 'taken'
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  const named = (companyName: string) => code({ companyName })
  assert.equal(named('Quill & Sons'), 'taken')
  assert.equal(named('山田商店'), 'taken')
  assert.equal(named('Q'), 'name_too_short')
  assert.equal(named(' \t '), 'name_blank')
  assert.equal(named('&&--'), 'name_without_letters')
  for (const form of ['LLC', 'G.m.b.H.', 'Pty Ltd', 'sàrl', '株式会社'])
    assert.equal(named(form), 'name_legal_form', form)
  assert.equal(code({ street: ' ' }), 'address_incomplete')
  assert.equal(code({ country: 'XX' }), 'country_unknown')
  for (const country of ['BR', 'PL', 'VN']) assert.equal(code({ country }), 'registration_number_missing', country)
  assert.equal(code({ country: 'BR', registrationNumber: '12.345.678/0001-95' }), 'taken')
  assert.equal(code({ registrationNumber: '?!?!' }), 'registration_number_invalid')
  const warned = (companyName: string) => warningsOf({ companyName }).join()
  assert.deepEqual(['Quill.com', 'Quill.fr', 'Quiiill', 'Q u i l l', 'Quill'].map(warned), [
    'name_web_address',
    '',
    'name_repeated',
    'name_spaced',
    '',
  ])
})

test('a changed name waits for the operator, a contact does not, and the country stays', async () => {
  const admin = await api.as('admin@acme.example')
  const patch = (body: object, headers = {}) => admin('PATCH', '/partner', body, headers)
  const { headers } = await admin('GET', '/partner')
  const etag = headers.get('etag')!
  assert.equal((await patch({ securityContact: { ...contact, mail: 'nobody' } })).code, 'contact_invalid')
  const guarded = await patch({ securityContact: contact }, { 'if-match': etag })
  assert.deepEqual([guarded.status, guarded.json.securityContact.mail], [200, 'ada@mail.example'])
  assert.equal(guarded.json.verification, 'accepted')
  assert.equal((await patch({ securityContact: null }, { 'if-match': etag })).status, 412)
  assert.equal((await patch({ legalProfile: { ...profile, country: 'FR' } })).code, 'country_mismatch')
  assert.equal((await patch({ legalProfile: profile })).json.verification, 'accepted')
  const moved = await patch({ legalProfile: { ...profile, companyName: 'Acme Commerce' } })
  assert.deepEqual([moved.json.verification, moved.json.status], ['pending', 'active'])
  await inTenant(store, acme, trx => admitPartner(trx, operator()))
  assert.equal((await admin('GET', '/partner')).json.verification, 'accepted')
  const sealed = await store.pool.query('select contacts_sealed::text as text from latchkey.partner_accounts')
  assert.ok(!Buffer.from(sealed.rows[0].text.slice(2), 'hex').toString('utf8').includes('ada@'))
})

test('the roles of the account are given by others than oneself, and open what they name', async () => {
  const admin = await api.as('admin@acme.example')
  const give = (principalId: string, role: string) => admin('POST', '/partner/roleAssignments', { principalId, role })
  const person = await idOf('registered@acme.example')
  const before = await api.as('registered@acme.example')
  assert.equal((await before('GET', '/partner')).status, 403)
  const { json: mine } = await before('GET', '/partner/access')
  assert.deepEqual(mine.roles, [])
  assert.ok(mine.ask.some((one: { role: string }) => one.role === 'Global Administrator'))
  const invites = mine.actions.find((one: { action: string }) => one.action === 'partner.invite')
  assert.deepEqual(invites, { action: 'partner.invite', allowed: false, rolesThatMay: ['Admin agent', 'Sales agent'] })
  const given = await give(person, 'accountAdmin')
  assert.equal(given.status, 201)
  assert.equal((await give(person, 'accountAdmin')).code, 'ObjectConflict')
  assert.equal((await give(acme, 'accountAdmin')).code, 'principal_invalid')
  assert.equal((await give(await idOf('admin@acme.example'), 'accountAdmin')).code, 'own_account')
  const holder = await api.as('registered@acme.example')
  assert.equal((await holder('GET', '/partner')).status, 200)
  assert.equal((await holder('PATCH', '/partner', { supportContact: contact })).status, 200)
  // The security contact is the Global Administrator's alone, also beside another.
  const both = await holder('PATCH', '/partner', { supportContact: null, securityContact: null })
  assert.equal(both.status, 403)
  assert.equal((await holder('GET', '/partner')).json.supportContact.givenName, 'Ada')
  assert.equal((await holder('POST', '/partner/enrollments', { program: 'directBill' })).status, 403)
  const application = await api.asApplication(['Directory.ReadWrite.All'])
  for (const path of ['/partner', '/partner/enrollments', '/partner/roleAssignments'])
    assert.equal((await application('GET', path)).status, 403, path)
  assert.equal((await admin('DELETE', `/partner/roleAssignments/${given.json.id}`)).status, 204)
  assert.equal((await admin('DELETE', `/partner/roleAssignments/${given.json.id}`)).status, 404)
  assert.equal((await holder('GET', '/partner')).status, 403, 'authority is read anew')
})

test('a suspended partner reads why, and goes on once the operator says so', async () => {
  await inTenant(store, acme, trx => suspendPartner(trx, operator(), 'abuse'))
  await assert.rejects(
    inTenant(store, acme, trx => suspendPartner(trx, operator(), 'operator')),
    { code: 'wrong_status' },
  )
  const admin = await api.as('admin@acme.example')
  const { json } = await admin('GET', '/partner')
  assert.deepEqual([json.status, json.suspension.reason], ['suspended', 'abuse'])
  await inTenant(store, acme, trx => restorePartner(trx, operator()))
  assert.equal((await admin('GET', '/partner')).json.status, 'active')
  const europe = await findTenantId(store, 'acme-europe.example')
  await assert.rejects(
    inTenant(store, europe, trx => suspendPartner(trx, operator(), 'abuse')),
    { code: 'not_found' },
  )
})
