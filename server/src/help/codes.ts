import { numbers, wordsOf } from '../oidc/index.ts'
import { type ResetRefusal, resetRefusals } from '../readiness/index.ts'
import type { EnglishWords, Locale } from '../words/index.ts'
import { refuse } from './errors.ts'
import type { TopicId } from './topics.ts'

type SignInError = keyof EnglishWords['signinError']
type Problem = Exclude<keyof EnglishWords['problems'], 'field'>

/** What a code means, and the page of help that goes on from there. */
export interface CodeHelp {
  code: string
  title: string
  detail: string | undefined
  next: string | undefined
  topic: TopicId
}

/** Where help goes on for the refusals of a reset. The type makes sure that none is forgotten. */
const ofResets: Record<ResetRefusal, TopicId> = {
  SSPR_0009: 'contact-administrator',
  SSPR_0010: 'contact-administrator',
  SSPR_0013: 'contact-administrator',
  SSPR_0014: 'common-problems',
  SSPR_0029: 'new-password',
  SSPR_0030: 'common-problems',
}

/** The same for the kinds of sign-in errors, which are told by a number. */
const ofSignIns: Record<SignInError, TopicId> = {
  application: 'contact-administrator',
  address: 'contact-administrator',
  organization: 'cannot-sign-in',
  request: 'contact-administrator',
  code: 'cannot-sign-in',
  credentials: 'contact-administrator',
  ended: 'cannot-sign-in',
  account: 'contact-administrator',
  nobody: 'cannot-sign-in',
  several: 'cannot-sign-in',
  password: 'new-password',
  registration: 'register',
  step: 'cannot-sign-in',
  name: 'cannot-sign-in',
  locked: 'locked-account',
  otherOrganization: 'cannot-sign-in',
  assignment: 'contact-administrator',
  consent: 'contact-administrator',
  administrator: 'contact-administrator',
  declined: 'cannot-sign-in',
  expired: 'cannot-sign-in',
  deviceWrong: 'wrong-code',
  deviceOver: 'wrong-code',
  devicePending: 'wrong-code',
  fault: 'contact-administrator',
  busy: 'cannot-sign-in',
}

/** The same for other refusals; by the beginning of their code, the first that fits. */
const ofProblems: readonly (readonly [RegExp, TopicId])[] = [
  [/^(throttled|blocked)$/, 'locked-account'],
  [/^(account_disabled|forbidden|nobody_to_ask|wrong_tenant|consent_not_yours|not_editable)$/, 'contact-administrator'],
  [/^(invalid_credentials|temporary_password_expired|not_signed_in)$/, 'cannot-sign-in'],
  [/^current_password_incorrect$/, 'change-password'],
  [/^(code|challenge|answers|device_code|passkey|link|phone_mismatch|method_unavailable)/, 'wrong-code'],
  [/^password/, 'new-password'],
  [/^(phone|email|answer|question|registration|proof)/, 'register'],
  [/^/, 'common-problems'],
]

/** The page of a code, in any case: SSPR_0014, AADSTS50126 or its number alone, or the code of a refusal. Throws `not_found`. */
export function helpOfCode({ t }: Locale, asked: string): CodeHelp {
  const reset = resetRefusals.find(one => one === asked.toUpperCase())
  if (reset)
    return {
      ...{ code: reset, topic: ofResets[reset], next: undefined },
      ...{ title: t(`reset.refused.${reset}.title`), detail: t(`reset.refused.${reset}.detail`) },
    }
  const [, digits] = /^(?:AADSTS)?(\d{4,8})$/i.exec(asked) ?? []
  const kind = digits === undefined ? undefined : kindOf(Number(digits))
  if (kind) return { code: `AADSTS${digits}`, topic: ofSignIns[kind], ...wordsOf(t, Number(digits)) }
  const problem = asked.toLowerCase()
  if (!isProblem(t, problem)) throw refuse('not_found')
  // How long to wait is known on the refused page alone.
  const detail = t(`problems.${problem}.detail`, { duration: UNKNOWN })
  const [, topic] = ofProblems.find(([fits]) => fits.test(problem))!
  return {
    ...{ code: problem, title: t(`problems.${problem}.title`), topic, next: undefined },
    detail: detail.includes(UNKNOWN) ? undefined : detail,
  }
}

const UNKNOWN = '\0'

const kindOf = (number: number): SignInError | undefined =>
  (Object.keys(ofSignIns) as SignInError[]).find(kind => numbers[kind].includes(number))

const isProblem = (t: Locale['t'], code: string): code is Problem =>
  /^[a-z_]{3,40}$/.test(code) && code !== 'field' && t(`problems.${code as Problem}.title`) !== `problems.${code}.title`
