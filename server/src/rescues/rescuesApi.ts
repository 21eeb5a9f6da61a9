import { Type } from 'typebox'
import { templateIds } from '../access/index.ts'
import type { Api, Call } from '../api/index.ts'
import { rescueActs } from '../relationships/index.ts'
import { listRunningRescues, type RunningRescue } from './company.ts'
import { type FirmsRescue, getFirmsRescue, listFirmsRescues } from './firm.ts'
import { checks, LONGEST_REASON, type Rescue, rescueStates } from './rescue.ts'
import { approveRescue, refuseByFirm, releaseRescue, takeRescue } from './take.ts'
import { objectionOf } from './wire.ts'

const closed = { additionalProperties: false }
const Moment = Type.String({ format: 'date-time' })
const Text = Type.String()
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])
const Steps = Type.Array(Type.Object({ state: Type.Enum([...rescueStates]), dateTime: Moment }))
const Lines = Type.String({ minLength: 1, maxLength: LONGEST_REASON })
const RescueAnswer = Type.Object(
  {
    id: Text,
    state: Type.Enum([...rescueStates]),
    act: Type.Enum([...rescueActs]),
    company: Type.Object({ id: Text, displayName: Text, domain: Text }),
    target: orNull(
      Type.Object({
        userPrincipalName: Text,
        displayName: orNull(Text),
        accountEnabled: Type.Boolean(),
        isAdministrator: Type.Boolean(),
      }),
    ),
    asker: Text,
    caseNumber: Text,
    text: Text,
    proofs: Type.Object({ mailbox: Type.Boolean(), dns: Type.Boolean() }),
    lostMethods: Type.Boolean(),
    taker: orNull(Text),
    takenByYou: Type.Boolean(),
    approver: orNull(Text),
    checked: orNull(Type.Enum([...checks])),
    note: orNull(Text),
    askedDateTime: Moment,
    endDateTime: Moment,
    steps: Steps,
    refusal: orNull(Text),
    reason: orNull(Text),
    missing: Type.Object({
      roles: Type.Array(Type.Object({ roleDefinitionId: Text, displayName: Text })),
      secondPerson: Type.Boolean(),
    }),
  },
  { title: 'rescue' },
)

const path = '/partner/rescues'
const one = `${path}/{id}`
const context = 'partner/rescues/$entity'

const CompanyAnswer = Type.Object(
  {
    id: Text,
    state: Type.Enum([...rescueStates]),
    act: Type.Enum([...rescueActs]),
    target: orNull(Text),
    asker: Text,
    caseNumber: Text,
    provider: Text,
    people: Type.Array(Text),
    endDateTime: Moment,
    steps: Steps,
    objection: orNull(Type.Enum(['objection', 'undo'])),
    url: Type.String({ format: 'uri' }),
  },
  { title: 'companyRescue' },
)

/** How a firm lets a company back in that nobody can sign in to, and what that company's people hear of it (partners on the wire, §4). */
export function rescuesApi(api: Api) {
  api.add({
    method: 'GET',
    path,
    action: 'partner.rescues.read',
    summary: 'List the companies that ask your firm to let them back in, with what you lack for it',
    context: path.slice(1),
    answer: Type.Object({ value: Type.Array(RescueAnswer) }),
    status: 200,
    async handle({ db, act }) {
      return { json: { value: (await listFirmsRescues(db, act)).map(rescueView) } }
    },
  })
  api.add({
    method: 'GET',
    path: one,
    action: 'partner.rescues.read',
    summary: 'Read a rescue',
    context,
    answer: RescueAnswer,
    status: 200,
    handle: answerRescue,
  })
  const step = { method: 'POST', action: 'partner.rescue', context, answer: RescueAnswer, status: 200 } as const
  api.add({
    ...step,
    path: `${one}/take`,
    summary: 'Take a rescue, having made sure who asks; the first has it',
    body: Type.Object({ checked: Type.Enum([...checks]), note: Type.Optional(Lines) }, closed),
    hasLines: true,
    async handle(call) {
      const { db, act, params, body } = call
      await takeRescue(db, act, params.id!, { checked: body.checked, note: body.note ?? '' })
      return answerRescue(call)
    },
  })
  api.add({
    ...step,
    path: `${one}/approve`,
    takesNone: true,
    summary: 'Approve a rescue that somebody else took; everybody who could object is told',
    async handle(call) {
      await approveRescue(call.db, call.act, call.params.id!)
      return answerRescue(call)
    },
  })
  api.add({
    ...step,
    path: `${one}/release`,
    takesNone: true,
    summary: 'Give back a rescue that is not approved yet: others of your firm may take it',
    async handle(call) {
      await releaseRescue(call.db, call.act, call.params.id!)
      return answerRescue(call)
    },
  })
  api.add({
    method: 'POST',
    path: `${one}/refuse`,
    action: 'partner.rescue',
    summary: 'Refuse a rescue, with the reason that who asks is told',
    body: Type.Object({ reason: Lines }, closed),
    hasLines: true,
    status: 204,
    async handle({ db, act, params, body }) {
      await refuseByFirm(db, act, params.id!, body.reason)
      return {}
    },
  })
  api.add({
    method: 'GET',
    path: '/tenantRelationships/rescues',
    action: 'partners.read',
    summary: 'List the rescues of your organization that run: who asks, which firm, until when, and where to object',
    context: 'tenantRelationships/rescues',
    answer: Type.Object({ value: Type.Array(CompanyAnswer) }),
    status: 200,
    async handle({ db, act, tenantId, services }) {
      const running = await listRunningRescues(db, act, tenantId)
      return { json: { value: running.map(one => companyView(services.origin, one)) } }
    },
  })
}

const answerRescue = async ({ db, act, params }: Call<unknown>) => ({
  json: rescueView(await getFirmsRescue(db, act, params.id!)),
})

function rescueView({ rescue, one, company, target, missing, isTakenByReader }: FirmsRescue) {
  const { id, state, act, lostMethods, taker, approver, checked, note, refusal, reason } = rescue
  return {
    ...{ id, state, act, lostMethods, checked, note, refusal, reason },
    company: { ...company, domain: one.domain },
    target: target ?? (rescue.target === null ? null : unknownTarget(rescue.target)),
    ...{ asker: one.address, caseNumber: one.number, text: one.messages.find(({ by }) => by === 'asker')?.text ?? '' },
    proofs: { mailbox: one.inDomain, dns: one.dnsProvedAt !== null },
    ...{ taker: taker?.name ?? null, takenByYou: isTakenByReader, approver: approver?.name ?? null },
    ...{ askedDateTime: rescue.askedAt.toISOString(), endDateTime: rescue.endsAt.toISOString() },
    steps: stepsView(rescue),
    missing: {
      roles: missing.roles.map(role => ({ roleDefinitionId: templateIds[role], displayName: role })),
      secondPerson: missing.secondPerson,
    },
  }
}

const stepsView = ({ steps }: Rescue) => steps.map(({ state, at }) => ({ state, dateTime: at.toISOString() }))

function companyView(origin: string, { rescue, one }: RunningRescue) {
  const { id, state, act, target, provider, taker, approver } = rescue
  return {
    ...{ id, state, act, target, asker: one.address, caseNumber: one.number, provider: provider?.name ?? '' },
    people: [taker, approver].flatMap(person => (person ? [person.name] : [])),
    ...{ endDateTime: rescue.endsAt.toISOString(), steps: stepsView(rescue) },
    ...{ objection: objectionOf(rescue) ?? null, url: `${origin}/rescues/${id}` },
  }
}

/** The typed name is nobody's there. */
const unknownTarget = (userPrincipalName: string) => ({
  ...{ userPrincipalName, displayName: null, accountEnabled: false, isAdministrator: false },
})
