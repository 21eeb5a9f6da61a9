import { type TSchema, Type } from 'typebox'
import { demand } from '../access/index.ts'
import { type Api, answerList, type Call, LIST_OPTIONS, listAnswer } from '../api/index.ts'
import { learnedIn } from '../assistant/index.ts'
import { situationOf } from '../assistant/wire.ts'
import { callerMeans } from '../callers/index.ts'
import { rowSchema } from '../odata/index.ts'
import { newDomainProof } from '../organization/index.ts'
import { type Case, caseKinds, findings, LONGEST_TEXT } from './case.ts'
import { caseEntity } from './entity.ts'
import { refuse } from './errors.ts'
import { findOpened } from './helpers.ts'
import { raiseCase } from './raise.ts'
import { readText } from './start.ts'
import { closeCase, type Writer, writeMessage } from './write.ts'

const closed = { additionalProperties: false } as const
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Moment = Type.String({ format: 'date-time' })
const Lines = Type.String({ minLength: 1, maxLength: LONGEST_TEXT })

const CaseSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    number: Type.String(),
    kind: Type.Enum([...caseKinds]),
    domain: Type.String(),
    state: Type.Enum(['administrators', 'provider', 'operator', 'asker', 'closed']),
    address: Type.String(),
    isAddressProven: Type.Boolean(),
    userId: orNull(Type.String({ format: 'uuid' })),
    handedOver: Type.Object({
      finding: orNull(Type.Enum([...findings])),
      checkedBy: orNull(Type.Enum([...callerMeans])),
      checkedDateTime: orNull(Moment),
    }),
    language: Type.String(),
    openedDateTime: orNull(Moment),
    dueDateTime: Moment,
    closedDateTime: orNull(Moment),
    result: orNull(Type.Enum(['resolved', 'refused', 'withdrawn', 'unanswered'])),
    isAddressInDomain: Type.Boolean(),
    isDomainProven: Type.Boolean(),
    messages: Type.Array(
      Type.Object({
        id: Type.String({ format: 'uuid' }),
        by: Type.Enum(['asker', 'administrator', 'provider', 'operator']),
        sentDateTime: Moment,
        text: Type.String(),
        assistant: Type.Optional(Type.Object({ username: orNull(Type.String()), situation: orNull(Type.String()) })),
      }),
    ),
  },
  { title: 'recoveryCase' },
)

const PATH = '/cases/{number}'

/** Recovery cases for those who are asked for help, as they have them at `/cases` (work accounts on the wire, §1.8). */
export function casesApi(api: Api) {
  api.add({
    method: 'GET',
    path: '/cases',
    action: 'cases.read',
    summary: 'List recovery cases, the newest first, without what was written in them',
    context: 'cases',
    options: LIST_OPTIONS,
    answer: listAnswer(rowSchema(caseEntity), 'recoveryCaseRow'),
    status: 200,
    handle: call => answerList(call, caseEntity),
  })
  api.add({
    method: 'POST',
    path: '/cases',
    action: 'cases.write',
    summary: 'Open a recovery case for a caller: they are mailed a link to it, and so are those who are asked for help',
    body: Type.Object(
      {
        userId: Type.String({ format: 'uuid' }),
        address: Type.String({ minLength: 1, maxLength: 256 }),
        text: Lines,
        finding: Type.Optional(Type.Enum([...findings])),
        callerCheckId: Type.Optional(Type.String({ format: 'uuid' })),
      },
      closed,
    ),
    hasLines: true,
    context: 'cases/$entity',
    answer: CaseSchema,
    status: 201,
    async handle(call) {
      const { db, act, tenantId, body } = call
      demand(act, 'cases.write', { kind: 'tenant', tenantId })
      const raised = { ...body, text: readText(body.text), proof: newDomainProof(act) }
      const number = await raiseCase(db, act, tenantId, raised)
      return { json: toldOf(await getCase(call, number)), location: `/cases/${number}` }
    },
  })
  api.add({
    method: 'GET',
    path: PATH,
    action: 'cases.read',
    summary: 'Read a recovery case, with what was written in it',
    context: 'cases/$entity',
    answer: CaseSchema,
    status: 200,
    handle: async call => ({ json: toldOf(await getCase(call)) }),
  })
  api.add({
    method: 'POST',
    path: `${PATH}/messages`,
    action: 'cases.write',
    summary: 'Answer in a recovery case: who asked is mailed',
    body: Type.Object({ text: Lines }, closed),
    hasLines: true,
    status: 204,
    async handle(call) {
      const one = await getCase(call)
      await writeMessage(call.db, call.act, one, { ...helper(call), text: readText(call.body.text) })
      return {}
    },
  })
  api.add({
    method: 'POST',
    path: `${PATH}/close`,
    action: 'cases.write',
    summary: 'Close a recovery case, with a last message where there is one: who asked is mailed',
    body: Type.Object({ result: Type.Enum(['resolved', 'refused']), text: Type.Optional(Lines) }, closed),
    hasLines: true,
    status: 204,
    async handle(call) {
      const one = await getCase(call)
      const { result, text } = call.body
      await closeCase(call.db, call.act, one, {
        ...helper(call),
        result,
        text: text === undefined ? undefined : readText(text),
      })
      return {}
    },
  })
}

/** The open or closed case of the address, in the caller's company. Throws `not_found`. */
async function getCase({ db, act, tenantId, params }: Call, named = params.number ?? ''): Promise<Case> {
  const found = await findOpened(db, act, tenantId, named)
  if (!found) throw refuse('not_found')
  return found
}

/** Somebody who is asked for help, judged once more when the case is locked. */
const helper = ({ act, tenantId }: Call): Writer => ({
  by: 'administrator',
  holds() {
    demand(act, 'cases.write', { kind: 'tenant', tenantId })
    return true
  },
})

function toldOf({ messages, ...one }: Case) {
  const { finding, checkedBy, checkedAt } = one.handedOver
  const { id, number, kind, domain, state, address, language, openedAt, dueAt, closedAt, result } = one
  return {
    ...{ id, number, kind, domain, state, address, language, result },
    ...{ isAddressProven: one.addressProved, userId: one.userId },
    handedOver: { finding, checkedBy, checkedDateTime: checkedAt?.toISOString() ?? null },
    openedDateTime: openedAt?.toISOString() ?? null,
    dueDateTime: dueAt.toISOString(),
    closedDateTime: closedAt?.toISOString() ?? null,
    isAddressInDomain: one.inDomain,
    isDomainProven: one.dnsProvedAt !== null,
    messages: messages.map(({ id, by, at, text, learned }) => ({
      ...{ id, by, sentDateTime: at.toISOString(), text },
      ...(learned && { assistant: assistantOf(domain, learned) }),
    })),
  }
}

/** What the assistant was told, as far as those may see it who answer for the domain. */
function assistantOf(domain: string, learned: Parameters<typeof learnedIn>[1]) {
  const { username, leaf } = learnedIn(domain, learned)
  return { username: username ?? null, situation: leaf ? situationOf(leaf) : null }
}
