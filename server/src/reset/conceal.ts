import type { Act } from '../act.ts'
import { findDetails, record } from '../audit/index.ts'
import { publicId } from '../challenges/index.ts'
import { DAY, plus } from '../clock.ts'
import { findAccount, getTenant } from '../directory/index.ts'
import type { Browser } from '../limits/index.ts'
import { findMethods, findNoticeAddresses, type RecordedMethod } from '../methods/index.ts'
import { type ExplanationVariables, queueNotices } from '../notifications/index.ts'
import type { EffectivePolicy, MethodKind } from '../policies/index.ts'
import { APART, type Db, inTenant } from '../store/index.ts'
import type { ResetRefusal } from './decide.ts'
import type { Journey, OfferedMethod } from './journey.ts'
import { findJourneyRow } from './queries.ts'

// Where a tenant conceals its accounts, a journey looks the same for every name until the first passed proof. It shows
// what the policies offer, without hints. A method that the owner does not have is offered too, and its code never
// comes.

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'explain-refusal': { tenantId: string; journeyId: string; browser: Browser }
    }
  }
}

/** The only refusal that can be shown: nobody at all may reset here. */
export const concealedRefusal = (policy: EffectivePolicy): ResetRefusal | undefined =>
  policy.publicPolicy ? undefined : 'SSPR_0009'

/** A method for every kind that the policies offer: the one on record, or a decoy. */
export const concealedMethods = (
  act: Act,
  policy: EffectivePolicy,
  usable: readonly RecordedMethod[],
): OfferedMethod[] =>
  (policy.publicPolicy?.methods ?? []).map(
    kind =>
      // A person who answered fewer questions than every name is asked would show by it.
      usable.find(
        method =>
          method.kind === kind &&
          (kind !== 'securityQuestions' || method.answers >= policy.publicPolicy!.questionsToReset),
      ) ?? decoyOf(act, kind),
  )

const decoyOf = ({ now }: Act, kind: MethodKind): OfferedMethod => ({
  id: kind,
  kind,
  prefilled: false,
  value: null,
  valueHash: null,
  createdAt: now,
  confirmedAt: null,
  blockedAt: null,
  answers: 0,
  decoy: true,
})

/** The id of a method for clients; made of its kind alone where the id could tell what is on record. */
export const offeredId = (act: Act, { id, concealed }: Pick<Journey, 'id' | 'concealed'>, method: OfferedMethod) =>
  publicId(act, id, concealed ? method.kind : method.id)

/** Tells the owner of an account why a concealed reset led nowhere: once a day for each reason. Familiar browsers count apart, or strangers could use up the owner's day. */
export async function explainRefusal(
  db: Db,
  act: Act,
  { tenantId, journeyId, browser }: GraphileWorker.Tasks['explain-refusal'],
): Promise<void> {
  await inTenant(db, tenantId, async trx => {
    const row = await findJourneyRow(trx, tenantId, journeyId, false)
    const refusal = row?.refusal as ExplanationVariables['refusal'] | null | undefined
    if (!row || !refusal) return
    const { user } = await findAccount(trx, tenantId, { id: row.user_id }, true)
    if (!user) return
    const told = await findDetails(trx, tenantId, 'reset.explained', user.id, plus(act.now, -DAY), plus(act.now, APART))
    if (told.some(one => one.refusal === refusal && one.browser === browser)) return
    const tenant = await getTenant(trx, tenantId)
    const trail = { correlationId: journeyId }
    const addresses = await findNoticeAddresses(trx, act, user, await findMethods(trx, act, user))
    await queueNotices(
      trx,
      act,
      tenantId,
      trail,
      addresses.map(to => ({
        to,
        language: user.preferredLanguage ?? tenant.preferredLanguage,
        template: 'explanation',
        variables: { organization: tenant.displayName, username: user.userPrincipalName, refusal },
      })),
    )
    await record(trx, act, tenantId, trail, {
      activity: 'reset.explained',
      result: 'success',
      reason: refusal,
      actor: { kind: 'system' },
      target: { id: user.id, name: user.userPrincipalName },
      details: { refusal, browser },
    })
  })
}
