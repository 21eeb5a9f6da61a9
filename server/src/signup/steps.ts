import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { plus } from '../clock.ts'
import { freeLabels, NOBODYS_TENANT } from '../directory/index.ts'
import { checkMailboxProof, issueMailboxCode, proveMailbox } from '../mailboxes/index.ts'
import { isCountry } from '../methods/index.ts'
import { type Db, inTenant } from '../store/index.ts'
import { readAnyAddress } from './addresses.ts'
import { refuse } from './errors.ts'
import { labelsFor, readLabel, readOrganizationName } from './names.ts'
import { changeSignup, insertSignup, lockSignup, saveOrganization } from './queries.ts'
import { REST_LASTS, type Signup, type SignupFor } from './signup.ts'

/** The events of a journey share its id. Nobody is named: there is nobody yet. */
const within = (act: Act, id: string): Act => ({ ...act, trail: { ...act.trail, correlationId: id } })

/** Begins a sign-up and mails its first code, for every address alike. Returns its id. Throws `throttled`. */
export async function startSignup(
  db: Db,
  act: Act,
  asked: {
    address: string
    for: SignupFor
    browserToken: string
    language: string
    onboardingId: string | undefined
    invitationId: string | undefined
  },
): Promise<string> {
  const id = act.random.uuid(act.now)
  await inTenant(db, NOBODYS_TENANT, async trx => {
    await insertSignup(trx, act, { id, ...asked })
    await issueMailboxCode(trx, act, { journeyId: id, ...asked })
    await record(trx, within(act, id), { activity: 'signup.started', result: 'success' })
  })
  return id
}

/** Mails another code, which voids the older one. Throws `wrong_state`, `throttled`. */
export async function sendAgain(db: Db, act: Act, signup: Signup, repeatedWithin: number | undefined): Promise<void> {
  if (signup.state !== 'prove-address') throw outOfStep(signup)
  const { id, address, language } = signup
  await inTenant(db, NOBODYS_TENANT, async trx => {
    await lockSignup(trx, id)
    await issueMailboxCode(trx, act, { journeyId: id, address, language, repeatedWithin })
  })
}

/** Proves the mailbox by its code. The repeat of an accepted one changes nothing. Throws `code_incorrect`, `challenge_expired`. */
export async function proveAddress(
  db: Db,
  act: Act,
  signup: Signup,
  given: { challenge: string; code: string },
): Promise<void> {
  const { id } = signup
  if (signup.state === 'expired') throw outOfStep(signup)
  // It commits in every case: an attempt that is rolled back is not counted.
  const proof = await inTenant(db, NOBODYS_TENANT, async trx => {
    const proof = await proveMailbox(trx, act, { journeyId: id, challengeId: given.challenge, code: given.code })
    if (proof.outcome === 'accepted') {
      await changeSignup(trx, id, { proved_at: act.now, expires_at: plus(act.now, REST_LASTS) })
      await record(trx, within(act, id), { activity: 'signup.proved', result: 'success' })
    }
    return proof
  })
  checkMailboxProof(proof)
}

/** Goes on to a tenant of its own, though the domain has one. Throws `wrong_state`. */
export async function goOnAnyway(db: Db, act: Act, signup: Signup): Promise<void> {
  if (signup.state !== 'exists' || signup.for !== 'company') throw outOfStep(signup)
  await inTenant(db, NOBODYS_TENANT, trx => changeSignup(trx, signup.id, { anyway_at: act.now }))
}

/** What somebody types about the organization. */
export interface TypedOrganization {
  displayName: string
  country: string
  label: string
  technicalContact?: string | undefined
  /** A doubtful name is meant. */
  sure?: boolean | undefined
}

/**
 * Names the organization and its initial domain; it may be named again until the administrator is made.
 * Throws `wrong_state`, `name_*`, `country_invalid`, and `label_*` with suggestions.
 */
export async function nameOrganization(
  db: Db,
  act: Act,
  signup: Signup,
  { typed, suffix }: { typed: TypedOrganization; suffix: string },
): Promise<void> {
  if (signup.state !== 'organization' && signup.state !== 'administrator') throw outOfStep(signup)
  const displayName = readOrganizationName(typed.displayName, typed.sure === true)
  if (!isCountry(typed.country)) throw refuse('country_invalid', { field: 'country' })
  const label = await judgeLabel(db, { typed: typed.label, displayName, domain: signup.domain, suffix })
  const technicalContact =
    typed.technicalContact === undefined
      ? undefined
      : readAnyAddress(typed.technicalContact, 'technicalContact').address
  await inTenant(db, NOBODYS_TENANT, trx =>
    saveOrganization(trx, act, signup.id, { displayName, country: typed.country, label, technicalContact }),
  )
}

/** A label that can be given. Throws `label_*` with suggestions. */
export async function judgeLabel(
  db: Db,
  { typed, ...of }: { typed: string; displayName: string; domain: string; suffix: string },
): Promise<string> {
  const read = readLabel(typed, of.suffix)
  const code =
    typeof read === 'string' ? ((await freeLabels(db, [read])).length > 0 ? undefined : 'label_taken') : read.code
  if (code === undefined) return read as string
  throw refuse(code, { field: 'label', more: { suggestions: await suggestLabels(db, of) } })
}

const SUGGESTED = 3

/** Free labels for an organization, best first. */
export const suggestLabels = async (
  db: Db,
  { displayName, domain, suffix }: { displayName: string; domain: string; suffix: string },
): Promise<string[]> => (await freeLabels(db, labelsFor(displayName, domain, suffix))).slice(0, SUGGESTED)

/** The refusal of a step that the journey's state does not allow. */
export const outOfStep = (signup: Signup) => refuse(signup.state === 'expired' ? 'journey_expired' : 'wrong_state')
