import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { getTenant, lockTenant } from '../directory/index.ts'
import {
  messageOf,
  type NoticeKind,
  type NoticeKindName,
  noticeKind,
  noticeKinds,
  sampleOf,
  type Text,
  type Wording,
} from '../notifications/index.ts'
import { listsEtag } from '../odata/index.ts'
import { type Domain, listDomains } from '../organization/index.ts'
import type { Trx } from '../store/index.ts'
import { type Language, languages, type Words } from '../words/index.ts'
import { refuse, refuseProgram } from './errors.ts'
import { checkWording, tidied } from './ownWords.ts'

/** A kind of notice, and what the company has made of it. */
export interface KeptNotice extends NoticeKind {
  kind: NoticeKindName
  isOn: boolean
  /** The company's own words, by language. */
  wordings: (Wording & { language: string })[]
  /** What tells one state of it from another. */
  version: string
}

/** Every kind of notice in its order. */
export async function listNotices(trx: Trx): Promise<KeptNotice[]> {
  const { tenantId } = trx
  const [off, rows] = await Promise.all([
    readOff(trx),
    trx
      .selectFrom('notice_wordings')
      .select(['kind', 'language', 'subject', 'opening', 'closing'])
      .where('tenant_id', '=', tenantId)
      .orderBy('language')
      .execute(),
  ])
  return (Object.keys(noticeKinds) as NoticeKindName[]).map(kind => {
    const made = {
      isOn: !off.includes(kind),
      wordings: rows.filter(row => row.kind === kind).map(({ kind, ...wording }) => wording),
    }
    const version = createHash('sha256').update(JSON.stringify(made)).digest('base64url').slice(0, 16)
    return { kind, ...noticeKinds[kind], ...made, version }
  })
}

/** What a change is about: a kind of notice, and the ETag of it that the caller has read. */
export interface Addressed {
  kind: string
  ifMatch?: string | undefined
}

/** Turns a kind of notice on or off. Throws `not_found`, `notice_always_sent`, `resource_modified`. */
export async function switchNotice(trx: Trx, act: Act, { kind: name, ifMatch }: Addressed, isOn: boolean) {
  const { tenantId } = trx
  demand(act, 'resetPolicies.write', { kind: 'tenant', tenantId })
  const kind = readKind(name)
  if (!isOn && !kind.canBeOff) throw refuseProgram('notice_always_sent', { field: 'isOn' })
  await lockNotice(trx, name, ifMatch)
  const off = await readOff(trx)
  if (off.includes(name) === !isOn) return
  const now = isOn ? off.filter(one => one !== name) : [...off, name]
  await trx.updateTable('tenants').set({ notices_off: now }).where('tenant_id', '=', tenantId).execute()
  await record(trx, act, {
    activity: 'notice.switched',
    result: 'success',
    target: { id: tenantId, name },
    details: { on: `${!isOn} → ${isOn}` },
  })
}

/**
 * Puts a company's own words into a kind of notice, for readers of a language. Throws `not_found`, `resource_modified`, and
 * as `checkWording`.
 */
export async function putWording(
  trx: Trx,
  act: Act,
  { kind: name, language, ifMatch }: Addressed & { language: string },
  typed: { wording: Wording; origin: string },
): Promise<void> {
  const { tenantId } = trx
  demand(act, 'branding.write', { kind: 'tenant', tenantId })
  const kind = readKind(name)
  if (!languages.some(one => one === language)) throw refuse('not_found')
  const wording = tidied(typed.wording)
  checkWording(kind, wording, hostsOf(await listDomains(trx), typed.origin))
  await lockNotice(trx, name, ifMatch)
  if (Object.values(wording).every(text => text === null)) {
    await dropWording(trx, name, language)
  } else {
    await trx
      .insertInto('notice_wordings')
      .values({ tenant_id: tenantId, kind: name, language, ...wording })
      .onConflict(conflict => conflict.columns(['tenant_id', 'kind', 'language']).doUpdateSet(wording))
      .execute()
  }
  await recordWording(trx, act, { name, language, wording })
}

/** Gives a kind of notice its usual words back, for readers of a language. Throws `not_found`, `resource_modified`. */
export async function removeWording(
  trx: Trx,
  act: Act,
  { kind: name, language, ifMatch }: Addressed & { language: string },
): Promise<void> {
  demand(act, 'branding.write', { kind: 'tenant', tenantId: trx.tenantId })
  readKind(name)
  await lockNotice(trx, name, ifMatch)
  if (!(await dropWording(trx, name, language))) throw refuse('not_found')
  await recordWording(trx, act, { name, language, wording: {} })
}

/** The mail that these words would make, about nothing that happened. Throws as `putWording`. */
export async function previewNotice(
  trx: Trx,
  act: Act,
  { words, origin }: { words: Words; origin: string },
  typed: { kind: string; language: Language; wording: Wording },
): Promise<Text> {
  const { tenantId } = trx
  demand(act, 'branding.write', { kind: 'tenant', tenantId })
  const kind = readKind(typed.kind)
  const wording = tidied(typed.wording)
  const domains = await listDomains(trx)
  checkWording(kind, wording, hostsOf(domains, origin))
  const { displayName: organization } = await getTenant(trx, tenantId)
  const username = `name@${domains.find(({ isDefault }) => isDefault)!.name}`
  const sample = sampleOf(typed.kind as NoticeKindName, { organization, username, now: act.now })
  return messageOf(words.in(typed.language), { ...sample, wording, secret: 'preview' }, origin, undefined)
}

/** Throws `not_found` for what is no kind of notice. */
function readKind(name: string): NoticeKind {
  const kind = noticeKind(name)
  if (!kind) throw refuse('not_found')
  return kind
}

/** Lets nobody else change the company's notices until this is done. Throws `resource_modified` where somebody already has. */
async function lockNotice(trx: Trx, name: string, ifMatch: string | undefined): Promise<void> {
  await lockTenant(trx, trx.tenantId)
  if (ifMatch === undefined) return
  const found = (await listNotices(trx)).find(({ kind }) => kind === name)!
  if (!listsEtag(ifMatch, found.version)) throw refuseProgram('resource_modified')
}

const readOff = async (trx: Trx): Promise<string[]> =>
  (
    await trx
      .selectFrom('tenants')
      .select('notices_off')
      .where('tenant_id', '=', trx.tenantId)
      .executeTakeFirstOrThrow()
  ).notices_off

/** Where its own words may lead: this server, and what the company has proven. */
const hostsOf = (domains: readonly Domain[], origin: string): string[] => [
  new URL(origin).hostname,
  ...domains.filter(({ verifiedAt }) => verifiedAt !== null).map(({ name }) => name),
]

/** Returns whether there were any. */
async function dropWording(trx: Trx, kind: string, language: string): Promise<boolean> {
  const dropped = await trx
    .deleteFrom('notice_wordings')
    .where('tenant_id', '=', trx.tenantId)
    .where('kind', '=', kind)
    .where('language', '=', language)
    .returning(sql`1`.as('one'))
    .executeTakeFirst()
  return dropped !== undefined
}

function recordWording(
  trx: Trx,
  act: Act,
  { name, language, wording }: { name: string; language: string; wording: Partial<Wording> },
): Promise<void> {
  const said = Object.entries(wording).filter(([, text]) => text !== null)
  return record(trx, act, {
    activity: 'notice.worded',
    result: 'success',
    target: { id: trx.tenantId, name },
    details: { language, ...Object.fromEntries(said), ...(said.length === 0 && { removed: 'all' }) },
  })
}
