import { Type } from 'typebox'
import type { Api, Call } from '../api/index.ts'
import {
  canFix,
  documentTypes,
  type StageEvent,
  type StageState,
  stages,
  verificationReasons,
  verificationStatuses,
} from '../partners/index.ts'
import { inTenant } from '../store/index.ts'
import { addDocument, type Document, LARGEST, removeDocument } from './documents.ts'
import { refuseMissing } from './errors.ts'
import { fixNow, readVerification, type Verification } from './fix.ts'
import { resendMailboxLink } from './mailbox.ts'

const closed = { additionalProperties: false }
const Text = Type.String()
const Moment = Type.String({ format: 'date-time' })
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

const StageName = Type.Enum([...stages])
const StageStatus = Type.Enum(['notStarted', 'pending', 'accepted', 'rejected', 'actionNeeded'])
const Reason = Type.Enum([...verificationReasons])
const DocumentTypes = Type.Enum([...documentTypes])

/** A document, as the firm and its reviewers read it. */
export const DocumentAnswer = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    stage: StageName,
    type: DocumentTypes,
    fileName: Text,
    size: Type.Integer(),
    sha256: Text,
    uploadedDateTime: Moment,
    handedInDateTime: orNull(Moment),
    erasedDateTime: Moment,
  },
  { title: 'verificationDocument' },
)
/** The firm's own may be taken back until it is handed in. */
const OwnDocumentAnswer = Type.Object(
  { ...DocumentAnswer.properties, canRemove: Type.Boolean() },
  { title: 'ownVerificationDocument' },
)

export const StageAnswer = Type.Object(
  {
    stage: StageName,
    status: StageStatus,
    reason: orNull(Reason),
    text: orNull(Text),
    requiredDocuments: Type.Array(DocumentTypes),
    sinceDateTime: orNull(Moment),
    dueDateTime: orNull(Moment),
    canFix: Type.Boolean(),
  },
  { title: 'verificationStage' },
)

export const EventAnswer = Type.Object({
  dateTime: Moment,
  stage: StageName,
  status: StageStatus,
  by: Type.Enum(['firm', 'reviewer', 'operator', 'system']),
  reason: orNull(Reason),
  text: orNull(Text),
})

const Answer = Type.Object(
  {
    status: Type.Enum([...verificationStatuses]),
    stages: Type.Array(StageAnswer),
    history: Type.Array(EventAnswer),
    documents: Type.Array(OwnDocumentAnswer),
  },
  { title: 'partnerVerification' },
)

const text = (maxLength: number) => Type.String({ maxLength })
const maybe = (maxLength: number) => Type.Optional(orNull(text(maxLength)))
const Profile = Type.Object(
  {
    ...{ companyName: text(256), street: text(256), city: text(128), country: text(2) },
    ...{ postalCode: maybe(32), registrationNumber: maybe(32) },
  },
  closed,
)
const ContactBody = Type.Object(
  { givenName: text(64), surname: text(64), mail: text(254), phoneNumber: maybe(32) },
  closed,
)
const FixBody = Type.Object(
  {
    documents: Type.Optional(Type.Array(Type.String({ format: 'uuid' }), { maxItems: 10 })),
    comment: Type.Optional(text(2_000)),
    corrected: Type.Optional(
      Type.Object({ legalProfile: Type.Optional(Profile), primaryContact: Type.Optional(ContactBody) }, closed),
    ),
  },
  closed,
)

const path = '/partner/verification'
const context = 'partner/verification'

/** How a firm proves who it is (partners on the wire, §5). */
export function verificationApi(api: Api) {
  api.add({
    method: 'GET',
    path,
    action: 'partner.verification.read',
    summary: 'Read how your firm’s verification stands, with its history and documents',
    context,
    answer: Answer,
    status: 200,
    handle: answerVerification,
  })
  api.add({
    method: 'POST',
    path: `${path}/documents`,
    action: 'partner.verification.write',
    summary: 'Upload a document for a stage that asks, which “Fix now” hands in; only reviewers read it',
    takes: ['application/pdf', 'image/png', 'image/jpeg', 'application/octet-stream'],
    options: ['type', 'fileName'],
    context: 'partner/verification/documents/$entity',
    answer: OwnDocumentAnswer,
    status: 201,
    async handle({ db, act, tenantId, query, bytes }) {
      const given = (name: string) => query.find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1] ?? ''
      const asked = { type: given('type'), fileName: given('fileName').normalize('NFC') }
      const added = await addDocument(db, act, tenantId, { ...asked, content: () => bytes(LARGEST) })
      return { json: ownDocumentView(added) }
    },
  })
  api.add({
    method: 'DELETE',
    path: `${path}/documents/{id}`,
    action: 'partner.verification.write',
    summary: 'Take a document back that is not handed in',
    status: 204,
    async handle({ db, act, tenantId, params }) {
      await inTenant(db, tenantId, trx => removeDocument(trx, act, params.id!))
      return {}
    },
  })
  api.add({
    method: 'POST',
    path: `${path}/stages/{stage}/fix`,
    action: 'partner.verification.write',
    summary: 'Fix now: hand in documents and words for a stage that was rejected or needs them',
    body: FixBody,
    hasLines: true,
    takesNone: true,
    context,
    answer: Answer,
    status: 200,
    async handle(call) {
      const { db, act, tenantId, params, body } = call
      const stage = stages.find(one => one.toLowerCase() === params.stage!.toLowerCase())
      if (!stage) throw refuseMissing('not_found')
      const { documents = [], comment = '', corrected } = body ?? {}
      const fix = {
        ...{ stage, documents, comment },
        corrected: corrected && {
          legalProfile: corrected.legalProfile && {
            postalCode: null,
            registrationNumber: null,
            ...corrected.legalProfile,
          },
          primaryContact: corrected.primaryContact && { phoneNumber: null, ...corrected.primaryContact },
        },
      }
      await inTenant(db, tenantId, trx => fixNow(trx, act, fix))
      return answerVerification(call)
    },
  })
  api.add({
    method: 'POST',
    path: `${path}/stages/emailOwnership/resend`,
    action: 'partner.verification.write',
    summary: 'Mail the link that proves the primary contact’s mailbox once more, three times a day',
    status: 202,
    async handle({ db, act, tenantId }) {
      await inTenant(db, tenantId, trx => resendMailboxLink(trx, act))
      return { status: 202 }
    },
  })
}

async function answerVerification({ db, act, tenantId }: Call<unknown>) {
  const found = await inTenant(db, tenantId, trx => readVerification(trx, act))
  return { json: { ...verificationView(found), documents: found.documents.map(ownDocumentView) } }
}

export const verificationView = ({ status, stages, history, documents }: Verification) => ({
  status,
  stages: stages.map(one => stageView(one, history)),
  history: history.map(eventView),
  documents: documents.map(documentView),
})

/** `text`: the words that came with its last verdict. */
export function stageView(one: StageState, history: readonly StageEvent[]) {
  const { stage, status, reason, requiredDocuments, since, dueAt } = one
  const verdict = canFix(one) ? history.findLast(event => event.stage === stage && event.status === status) : undefined
  return {
    ...{ stage, status, reason, text: verdict?.text ?? null, requiredDocuments },
    ...{ sinceDateTime: since?.toISOString() ?? null, dueDateTime: dueAt?.toISOString() ?? null },
    canFix: canFix(one),
  }
}

const eventView = ({ at, ...event }: StageEvent) => ({ dateTime: at.toISOString(), ...event })

const documentView = ({ id, stage, type, fileName, size, sha256, addedAt, handedInAt, expiresAt }: Document) => ({
  ...{ id, stage, type, fileName, size, sha256 },
  uploadedDateTime: addedAt.toISOString(),
  handedInDateTime: handedInAt?.toISOString() ?? null,
  erasedDateTime: expiresAt.toISOString(),
})

const ownDocumentView = (one: Document) => ({ ...documentView(one), canRemove: one.canRemove })
