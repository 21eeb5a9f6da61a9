import { type TSchema, Type } from 'typebox'
import { demand, mayAny } from '../access/index.ts'
import type { Api } from '../api/index.ts'
import { findTurnedOff } from '../audit/index.ts'
import { targetOf } from '../directory/index.ts'
import { findFailures } from '../notifications/index.ts'
import { groupsThatOpen, methodKinds, type OpeningGroup } from '../policies/index.ts'
import { type Readiness, readinessOf } from '../readiness/index.ts'
import { askOne, inTenant } from '../store/index.ts'
import { blockKinds, countedKinds, liftBlocks } from './blocks.ts'
import { requireRegistration } from './registration.ts'
import { getUserAsked } from './userAsked.ts'

const time = Type.String({ format: 'date-time' })
const orNull = (schema: TSchema) => Type.Union([schema, Type.Null()])

const ResetReadiness = Type.Object(
  {
    policyId: Type.String({ format: 'uuid' }),
    isEnabled: Type.Boolean(),
    isRegistered: Type.Boolean(),
    isCapable: Type.Boolean(),
    refusal: orNull(Type.String({ pattern: '^SSPR_\\d{4}$' })),
    gatesRequired: Type.Integer(),
    methodsRegistered: Type.Array(Type.Enum([...methodKinds])),
    blocks: Type.Array(
      Type.Object({
        kind: Type.String(),
        browser: orNull(Type.Enum(['familiar', 'other'])),
        until: orNull(time),
      }),
    ),
    signIn: orNull(Type.Enum(['disabled', 'blocked', 'temporary_password_expired', 'mastered_elsewhere_unreachable'])),
    temporaryPasswordExpiresDateTime: orNull(time),
    failingChannels: Type.Array(
      Type.Object({ channel: Type.Enum(['email', 'sms', 'voice']), since: time, reason: Type.String() }),
    ),
    failingMethods: Type.Array(Type.Object({ kind: Type.Enum([...methodKinds]), since: time, reason: Type.String() })),
    disabledDateTime: orNull(time),
    groupsThatOpen: Type.Array(Type.Object({ id: Type.String({ format: 'uuid' }), displayName: Type.String() })),
  },
  { title: 'resetReadiness' },
)

/** Why somebody cannot sign in or reset, and blocks that administrators lift (administration on the wire, §2.2). */
export function readinessApi(api: Api) {
  requireRegistrationApi(api)
  api.add({
    method: 'GET',
    path: '/users/{id}/authentication/resetReadiness',
    action: 'readiness.read',
    summary: 'Read why a user can or cannot sign in and reset their password',
    context: "users('{id}')/authentication/resetReadiness",
    answer: ResetReadiness,
    status: 200,
    async handle(call) {
      const { db, act, tenantId } = call
      const [[readiness, more], failures] = await Promise.all([
        inTenant(db, tenantId, async trx => {
          const user = await getUserAsked(trx, call)
          demand(act, 'readiness.read', targetOf(user))
          const readiness = (await readinessOf(trx, act, [user]))[0]!
          // A partner whose roles open no groups is not told what they are called.
          const isTold = readiness.refusal === 'SSPR_0013' && mayAny(act.actor, 'groups.read').allowed
          const groups = isTold ? await askOne(trx, groupsThatOpen(tenantId, user.id)) : []
          const disabledAt = user.accountEnabled ? undefined : await findTurnedOff(trx, user.id)
          return [readiness, { groups, disabledAt }] as const
        }),
        findFailures(db),
      ])
      return { json: readinessView(readiness, failures, more) }
    },
  })
  api.add({
    method: 'POST',
    path: '/users/{id}/authentication/unblock',
    action: 'blocks.lift',
    summary: 'Lift the blocks of a user, of all kinds of counted failures or of those that are named',
    body: Type.Object(
      { kinds: Type.Optional(Type.Array(Type.Enum([...blockKinds]), { minItems: 1, uniqueItems: true })) },
      { additionalProperties: false },
    ),
    status: 204,
    async handle(call) {
      const { kinds = countedKinds } = call.body
      await inTenant(call.db, call.tenantId, async trx => {
        const { id } = await getUserAsked(trx, call)
        await liftBlocks(trx, call.act, { id, kinds })
      })
      return {}
    },
  })
}

/** People who shall register or confirm their methods again (api gaps, G4). */
function requireRegistrationApi(api: Api) {
  api.add({
    method: 'POST',
    path: '/users/{id}/authentication/requireRegistration',
    action: 'blocks.lift',
    summary: 'Have a user register or confirm their methods at the next sign-in',
    // What is on record is removed by its own resources, which ask for more.
    body: Type.Object({ keepMethods: Type.Literal(true) }, { additionalProperties: false }),
    status: 204,
    async handle(call) {
      await inTenant(call.db, call.tenantId, async trx => {
        const { id } = await getUserAsked(trx, call)
        await requireRegistration(trx, call.act, id)
      })
      return {}
    },
  })
}

function readinessView(
  {
    userId: _,
    methodsOn: _on,
    mustRegister: _register,
    mustChangePassword: _change,
    blocks,
    channels,
    failing,
    temporaryPasswordExpires,
    ...told
  }: Readiness,
  failures: Awaited<ReturnType<typeof findFailures>>,
  { groups, disabledAt }: { groups: readonly OpeningGroup[]; disabledAt: Date | undefined },
) {
  return {
    ...told,
    blocks: blocks.map(({ until, ...block }) => ({ ...block, until: until?.toISOString() ?? null })),
    temporaryPasswordExpiresDateTime: temporaryPasswordExpires?.toISOString() ?? null,
    failingMethods: failing.map(({ since, ...method }) => ({ ...method, since: since.toISOString() })),
    failingChannels: channels.flatMap(channel => {
      const failure = failures[channel]
      return failure && failure.over === undefined ? [{ channel, since: failure.since, reason: failure.code }] : []
    }),
    disabledDateTime: disabledAt?.toISOString() ?? null,
    groupsThatOpen: groups,
  }
}
