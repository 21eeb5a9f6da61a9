import { createHash } from 'node:crypto'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import {
  canFix,
  type DocumentType,
  documentStages,
  documentTypes,
  findStages,
  getAccount,
  type Stage,
} from '../partners/index.ts'
import { type Db, endedLongAgo, inTenant, type SealedColumn, sql, type Trx } from '../store/index.ts'
import { checkFileName, type MediaType, readMediaType } from './content.ts'
import { refuse, refuseMissing } from './errors.ts'

/** A document, without its content. */
export interface Document {
  id: string
  stage: Stage
  type: DocumentType
  fileName: string
  size: number
  sha256: string
  mediaType: MediaType
  addedAt: Date
  /** Null until it is handed in by "Fix now". */
  handedInAt: Date | null
  /** When it is erased. */
  expiresAt: Date
  /** Whether the firm may take it back: until it is handed in. */
  canRemove: boolean
}

/** Bytes. */
export const LARGEST = 10 * 1024 * 1024

/** Documents of a stage that no verdict was given on. */
const A_STAGE = 10

/** Documents and bytes that are kept of a firm, those of former rounds included: each rejection makes room for ten more. */
const OF_FIRM = 60
const BYTES_OF_FIRM = 300 * 1024 * 1024

/** How long a document is kept that nobody hands in, and that waits for a verdict (partners on the wire, §5). */
const UPLOADED_LASTS = 7 * DAY
const WAITING_LASTS = 365 * DAY

/** Sealed in parts, so that none has to be sealed anew as a whole. */
const PART = 256 * 1024

const nameAt = (tenantId: string, rowId: string) => ({ purpose: 'document-name', tenantId, rowId }) as const
const partAt = (tenantId: string, documentId: string, place: number) =>
  ({ purpose: 'document', tenantId, rowId: `${documentId}.${place}` }) as const

export const documentSeals: readonly SealedColumn[] = [
  { table: 'partner_documents', column: 'name_sealed', purpose: 'document-name', key: ['id'] },
  {
    ...{
      table: 'partner_document_parts',
      column: 'content_sealed',
      purpose: 'document',
      key: ['document_id', 'place'],
    },
    rowId: ({ document_id, place }) => `${document_id}.${place}`,
  },
]

/** A document as it is uploaded. */
export interface NewDocument {
  type: string
  fileName: string
  /** Read only once it may be added. */
  content(): Promise<Buffer>
}

/**
 * Adds a document for a stage that asks. Throws `document_type_unknown`, `file_name_invalid`, `wrong_status`,
 * `documents_too_many`, `document_unsupported`.
 */
export async function addDocument(db: Db, act: Act, tenantId: string, given: NewDocument): Promise<Document> {
  const { now, keys } = act
  const type = documentTypes.find(one => one === given.type)
  if (!type) throw refuse('document_type_unknown', { field: 'type' })
  checkFileName(given.fileName)
  const stage = documentStages[type]
  await inTenant(db, tenantId, async trx => {
    demand(act, 'partner.verification.write', { kind: 'tenant', tenantId })
    await checkIsAsked(trx, act, type)
    await checkRoom(trx, act, { stage, size: 0 })
  })
  const content = await given.content()
  const mediaType = readMediaType(content, given.fileName)
  const id = act.random.uuid(now)
  const sha256 = createHash('sha256').update(content).digest('hex')
  // Sealed before a transaction is open: ten megabytes take a while.
  const parts = Array.from({ length: Math.ceil(content.length / PART) }, (_, place) => ({
    ...{ tenant_id: tenantId, document_id: id, place },
    content_sealed: keys.seal(
      partAt(tenantId, id, place),
      content.subarray(place * PART, (place + 1) * PART).toString('base64'),
    ),
  }))
  const document: Document = {
    ...{ id, stage, type, fileName: given.fileName, size: content.length, sha256, mediaType },
    ...{ addedAt: now, handedInAt: null, expiresAt: plus(now, UPLOADED_LASTS), canRemove: true },
  }
  await inTenant(db, tenantId, async trx => {
    // Under the account's lock, so that two uploads at once do not both find the tenth place free.
    await checkIsAsked(trx, act, type)
    await checkRoom(trx, act, document)
    await trx
      .insertInto('partner_documents')
      .values({
        ...{ tenant_id: tenantId, id, stage, type, size: content.length, sha256, media_type: mediaType, added_at: now },
        name_sealed: keys.seal(nameAt(tenantId, id), given.fileName),
        expires_at: document.expiresAt,
      })
      .execute()
    for (const part of parts) await trx.insertInto('partner_document_parts').values(part).execute()
    await record(trx, act, {
      ...{ activity: 'verification.document_added', result: 'success', customer: null },
      ...{ target: { id, name: stage }, details: { type } },
    })
  })
  return document
}

/** Locks the account. Throws `wrong_status` where the stage asks for nothing, `document_type_unknown` where it asks for others. */
async function checkIsAsked(trx: Trx, act: Act, type: DocumentType): Promise<void> {
  await getAccount(trx, act, true)
  const found = (await findStages(trx)).find(one => one.stage === documentStages[type])
  if (!found || !canFix(found)) throw refuse('wrong_status')
  const { requiredDocuments: asked } = found
  if (asked.length > 0 && !asked.includes(type)) throw refuse('document_type_unknown', { field: 'type' })
}

/** Throws `documents_too_many` where the stage or the firm has no room for one more of this size. */
async function checkRoom(trx: Trx, { now }: Act, { stage, size }: Pick<Document, 'stage' | 'size'>): Promise<void> {
  const kept = await trx
    .selectFrom('partner_documents')
    .select(eb => [
      eb.fn.countAll<number>().as('all'),
      eb.fn.coalesce(eb.fn.sum<number>('size'), sql<number>`0`).as('bytes'),
      eb.fn
        .countAll<number>()
        .filterWhere(one => one.and([one('stage', '=', stage), one('decided_at', 'is', null)]))
        .as('ofStage'),
    ])
    .where('tenant_id', '=', trx.tenantId)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  const isFull = Number(kept.ofStage) >= A_STAGE || Number(kept.all) >= OF_FIRM
  if (isFull || Number(kept.bytes) + size > BYTES_OF_FIRM) throw refuse('documents_too_many')
}

/**
 * Takes a document back that is not handed in: what a verdict rests on stays. Throws `not_found`, `wrong_status`.
 */
export async function removeDocument(trx: Trx, act: Act, id: string): Promise<void> {
  const { tenantId } = trx
  demand(act, 'partner.verification.write', { kind: 'tenant', tenantId })
  // Locked first, as by "Fix now", which hands in.
  await getAccount(trx, act, true)
  const document = (await listDocuments(trx, act)).find(one => one.id === id.toLowerCase())
  if (!document) throw refuseMissing('not_found')
  if (!document.canRemove) throw refuse('wrong_status')
  // Its parts go with it.
  await trx.deleteFrom('partner_documents').where('tenant_id', '=', tenantId).where('id', '=', document.id).execute()
  await record(trx, act, {
    ...{ activity: 'verification.document_removed', result: 'success', customer: null },
    ...{ target: { id: document.id, name: document.stage }, details: { type: document.type } },
  })
}

/** The firm's documents that are not erased yet, the newest last. */
export async function listDocuments(trx: Trx, { keys, now }: Pick<Means, 'keys' | 'now'>): Promise<Document[]> {
  const { tenantId } = trx
  const rows = await trx
    .selectFrom('partner_documents')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('expires_at', '>', now)
    .orderBy('id')
    .execute()
  return rows.map(row => ({
    ...{ id: row.id, stage: row.stage as Stage, type: row.type as DocumentType },
    ...{ fileName: keys.open(nameAt(tenantId, row.id), row.name_sealed), size: row.size, sha256: row.sha256 },
    ...{ mediaType: row.media_type, addedAt: row.added_at, handedInAt: row.handed_in_at, expiresAt: row.expires_at },
    canRemove: row.handed_in_at === null,
  }))
}

/**
 * Hands documents in for a stage; one that was handed in before keeps that moment, and its end. Throws `document_unknown`
 * where one of them does not wait for that.
 */
export async function handIn(trx: Trx, { now }: Pick<Act, 'now'>, stage: Stage, ids: readonly string[]): Promise<void> {
  const wanted = [...new Set(ids.map(id => id.toLowerCase()))]
  if (wanted.length === 0) return
  if (!wanted.every(isUuid)) throw refuse('document_unknown', { field: 'documents' })
  const { numUpdatedRows } = await trx
    .updateTable('partner_documents')
    .set(({ eb, fn, val }) => ({
      handed_in_at: fn.coalesce('handed_in_at', val(now)),
      // A year from the first time: who hands the same in again and again would keep it for ever.
      expires_at: eb
        .case()
        .when('handed_in_at', 'is', null)
        .then(plus(now, WAITING_LASTS))
        .else(eb.ref('expires_at'))
        .end(),
    }))
    .where('tenant_id', '=', trx.tenantId)
    .where('id', 'in', wanted)
    .where('stage', '=', stage)
    .where('decided_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  if (Number(numUpdatedRows) !== wanted.length) throw refuse('document_unknown', { field: 'documents' })
}

/** A document as it is kept. */
export interface KeptDocument {
  tenantId: string
  document: Document
  parts: { place: number; content_sealed: Buffer }[]
}

/** A document that was handed in, still sealed. Throws `not_found`. */
export async function findDocument(trx: Trx, { keys, now }: Means, id: string): Promise<KeptDocument> {
  const { tenantId } = trx
  const document = (await listDocuments(trx, { keys, now })).find(one => one.id === id.toLowerCase())
  if (!document?.handedInAt) throw refuseMissing('not_found')
  const parts = await trx
    .selectFrom('partner_document_parts')
    .select(['place', 'content_sealed'])
    .where('tenant_id', '=', tenantId)
    .where('document_id', '=', document.id)
    .orderBy('place')
    .execute()
  return { tenantId, document, parts }
}

/** Its content. Ten megabytes take a while, so outside a transaction. */
export const openContent = ({ keys }: Pick<Means, 'keys'>, { tenantId, document, parts }: KeptDocument): Buffer =>
  Buffer.concat(
    parts.map(({ place, content_sealed }) =>
      Buffer.from(keys.open(partAt(tenantId, document.id, place), content_sealed), 'base64'),
    ),
  )

/** Documents whose time is over; their parts go with them. */
export const expiredDocuments = endedLongAgo('partner_documents', { lasts: WAITING_LASTS, kept: 0 })
