import { Type } from 'typebox'
import { type Api, askingOf, type Call, listAnswer, pageOf } from '../api/index.ts'
import { readOptions } from '../odata/index.ts'
import { documentTypes, notStarted, stages, verificationReasons, verificationStatuses } from '../partners/index.ts'
import {
  type Case,
  claimCase,
  type Desk,
  decideCase,
  deskEntity,
  getCase,
  type ListedCase,
  listCases,
  readDocument,
} from './desk.ts'
import { DocumentAnswer, EventAnswer, StageAnswer, stageView, verificationView } from './verificationApi.ts'

const closed = { additionalProperties: false }
const Text = Type.String()
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

const listed = {
  id: Type.String({ format: 'uuid' }),
  partnerId: Text,
  companyName: Text,
  country: Text,
  status: Type.Enum([...verificationStatuses]),
  stages: Type.Array(StageAnswer),
  claimedBy: orNull(Type.Object({ id: Text, userPrincipalName: orNull(Text) })),
}
const ListedAnswer = Type.Object(listed, { title: 'verificationCase' })

const Profile = Type.Object({
  ...{ companyName: Text, street: Text, city: Text, postalCode: orNull(Text), country: Text },
  registrationNumber: orNull(Text),
})
const CaseAnswer = Type.Object({
  ...listed,
  legalProfile: Profile,
  primaryContact: Type.Object({ givenName: Text, surname: Text, mail: Text, phoneNumber: orNull(Text) }),
  history: Type.Array(EventAnswer),
  documents: Type.Array(DocumentAnswer),
})

const Decision = Type.Object(
  {
    stage: Type.Enum([...stages]),
    verdict: Type.Enum(['accept', 'reject', 'ask']),
    reason: Type.Optional(Type.Enum([...verificationReasons])),
    text: Type.Optional(Type.String({ maxLength: 2_000 })),
    requiredDocuments: Type.Optional(Type.Array(Type.Enum([...documentTypes]), { maxItems: documentTypes.length })),
  },
  closed,
)

const path = '/verification/cases'
const one = `${path}/{id}`
const context = 'verification/cases/$entity'

/** The reviewers' desk, in the operator's tenant alone (partners on the wire, §5). */
export function deskApi(api: Api) {
  api.add({
    ...{
      method: 'GET',
      path,
      action: 'verifications.read',

      context: 'verification/cases',
      status: 200,
    },
    summary: 'List the firms whose verification is open, for reviewers of the operator: what waits longest first',
    options: ['$top', '$count', '$skiptoken'],
    answer: listAnswer(ListedAnswer, 'verificationCases'),
    async handle(call) {
      const options = readOptions(deskEntity(call.act.now), call.query, askingOf(call))
      const page = await listCases(deskOf(call), options)
      return pageOf(call, { ...page, value: page.value.map(listedView) })
    },
  })
  api.add({
    ...{ method: 'GET', path: one, action: 'verifications.read', context, status: 200 },
    ...{ summary: 'Read a firm’s verification', answer: CaseAnswer },
    handle: answerCase,
  })
  api.add({
    ...{
      method: 'GET',
      path: `${one}/documents/{documentId}`,
      action: 'verifications.read',

      status: 200,
    },
    summary: 'Download a document; that it was read stands in both logs',
    async handle(call) {
      const { params } = call
      const [{ fileName }, content] = await readDocument(deskOf(call), params.id!, params.documentId!)
      return {
        // What a stranger sent is never shown as a page of this origin, whatever it calls itself.
        file: { type: 'application/octet-stream', content },
        headers: {
          'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`,
          'x-content-type-options': 'nosniff',
        },
      }
    },
  })
  const step = { method: 'POST', action: 'verifications.decide', context, status: 200 } as const
  api.add({
    ...{ ...step, path: `${one}/claim`, answer: CaseAnswer, takesNone: true },
    summary: 'Take a case for a day: no other reviewer decides it meanwhile',
    async handle(call) {
      await claimCase(deskOf(call), call.params.id!)
      return answerCase(call)
    },
  })
  api.add({
    ...{ ...step, path: `${one}/decide`, body: Decision, hasLines: true, answer: CaseAnswer },
    summary: 'Decide a stage; to reject it and to ask for more need a reason',
    async handle(call) {
      await decideCase(deskOf(call), call.params.id!, call.body)
      return answerCase(call)
    },
  })
}

const deskOf = ({ db, act, services }: Call<unknown>): Desk => ({ db, act, operatorTenant: services.operatorTenant })

const answerCase = async (call: Call<unknown>) => ({ json: caseView(await getCase(deskOf(call), call.params.id!)) })

const listedView = ({ stages, ...one }: ListedCase) => ({ ...one, stages: stages.map(stage => stageView(stage, [])) })

function caseView({ id, account, claimedBy, verification }: Case) {
  const { documents, ...view } = verificationView(verification)
  const isAdded = view.stages.some(({ stage }) => stage === 'dueDiligence')
  const isClosed = view.status === 'notStarted' || view.status === 'accepted'
  return {
    ...{ id, partnerId: account.partnerId, companyName: account.legalProfile.companyName },
    ...{ country: account.legalProfile.country, claimedBy },
    ...view,
    // Shown where a reviewer may ask for it.
    stages: isAdded || isClosed ? view.stages : [...view.stages, stageView(notStarted('dueDiligence'), [])],
    ...{ legalProfile: account.legalProfile, primaryContact: account.contacts.primary },
    // What the firm has not handed in yet is its own.
    documents: documents.filter(({ handedInDateTime }) => handedInDateTime !== null),
  }
}
