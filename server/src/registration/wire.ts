import { challengeView } from '../challenges/wire.ts'
import type { SignedInVisit } from '../http/index.ts'
import {
  type Challenge,
  hintOf,
  methodsOf,
  ownValue,
  questionText,
  questionTexts,
  withFilledIn,
} from '../methods/index.ts'
import { listPasskeys, modelOf, type Passkey } from '../passkeys/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import type { SecurityInfoSession } from './change.ts'
import { ownerOfPasskeys } from './passkeysOf.ts'
import { ownId } from './review.ts'
import type { SecurityInfoEntry } from './state.ts'

/** Security info as its owner's clients get it. */
export async function securityInfoView(trx: Trx, visit: SignedInVisit, { info }: SecurityInfoSession) {
  const { settings } = info.policy
  const passkeys = await listPasskeys(trx, ownerOfPasskeys(visit.session.user))
  return {
    required: info.required,
    registered: info.registered,
    reconfirmDue: info.reconfirmDue,
    methods: info.entries.flatMap(entry => {
      if (entry.kind === 'passkey' && passkeys.length > 0) return passkeys.map(one => passkeyView(visit, entry, one))
      const value = entry.method && ownValue(visit.act, entry.method)
      return [{ ...entryView(visit, entry), ...(value !== undefined && { value }) }]
    }),
    ...(info.entries.some(entry => entry.kind === 'securityQuestions' && entry.editable) && {
      questions: {
        toRegister: settings.questionsToRegister,
        choices: settings.questions.map(question => ({ id: question.id, text: questionText(visit.locale, question) })),
      },
    }),
  }
}

export function entryView(visit: SignedInVisit, { kind, state, method, editable }: SecurityInfoEntry) {
  const hint = method && hintOf(visit.act, method)
  return {
    ...(method && { id: ownId(visit.act, visit.session, method.id) }),
    kind,
    state,
    ...(hint !== undefined && { hint }),
    ...(kind === 'recoveryCode' && method && { left: method.codesLeft }),
    editable,
    ...(method?.blockedAt && { blocked: true }),
    ...(method?.confirmedAt && { confirmedAt: method.confirmedAt.toISOString() }),
  }
}

/** One passkey, which is a method of its own for its owner. */
export function passkeyView(visit: SignedInVisit, entry: SecurityInfoEntry, passkey: Passkey) {
  const { id, name, aaguid, synced, createdAt, lastUsedAt } = passkey
  return {
    ...entryView(visit, entry),
    id: ownId(visit.act, visit.session, id),
    name: name ?? modelOf(aaguid) ?? null,
    synced,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  }
}

/** A challenge by which a new method is being registered. It asks no questions. */
export const newMethodChallengeView = ({ act, session, services }: SignedInVisit, challenge: Challenge) =>
  challengeView(act, session.correlationId, challenge, { texts: [], party: services })

/** A challenge for a fresh proof in a session. */
export async function sessionChallengeView(trx: Trx, visit: SignedInVisit, challenge: Challenge) {
  const { session, act, locale } = visit
  const ids = challenge.questions
  const texts = ids ? await questionTexts(trx, locale, session.user, { ids, offered: [] }) : []
  const method = withFilledIn(await askOne(trx, methodsOf(act, session.user))).find(
    one => one.id === challenge.methodId,
  )
  const hint = method && hintOf(act, method)
  return challengeView(act, session.correlationId, challenge, { hint, texts, party: visit.services })
}
