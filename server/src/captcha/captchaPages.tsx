import { typed, type Visit } from '../http/index.ts'
import { scriptHrefs } from '../pages/index.ts'
import { Refusal } from '../refusals.ts'
import type { Captcha } from './captcha.ts'
import { refuse } from './errors.ts'
import { claimFormToken, issueFormToken } from './formToken.ts'

/** Refusals that spent nothing: the form keeps its token, so that nobody has to wait again. */
const spentNothing: readonly string[] = ['invalid_request', 'captcha_too_early']

/** The captcha's part of a form: the field that script fills in, the token for browsers without script, and a status line. */
export function CaptchaFields({ visit, problem }: { visit: Visit; problem: Refusal | undefined }) {
  const kept = problem && spentNothing.includes(problem.code) ? typed(visit, 'captcha_form') : undefined
  return (
    <>
      <input type="hidden" name="captcha" value="" />
      <input type="hidden" name="captcha_form" value={kept ?? issueFormToken(visit.act)} />
      <p
        className="hint captcha"
        role="status"
        data-captcha="/captcha"
        data-worker={scriptHrefs.captchaWorker}
        data-checking={visit.locale.t('reset.start.checking')}
      />
    </>
  )
}

/**
 * Spends the captcha, or the form's token of a browser without script, for known and unknown domains alike.
 * Throws `captcha_failed`, to a program with the next challenge, and what `claimFormToken` throws.
 */
export async function passCaptcha(visit: Visit, captcha: Captcha, domain: string, solved: string): Promise<void> {
  try {
    if (!visit.html || solved !== '') return await captcha.claim(visit.act, domain, solved)
    const token = typed(visit, 'captcha_form') ?? ''
    await claimFormToken(visit.db, visit.act, { token, address: visit.address })
  } catch (error) {
    if (visit.html || !(error instanceof Refusal && error.code === 'captcha_failed')) throw error
    // A client goes on with this one at its next request.
    throw refuse('captcha_failed', { more: { captcha: await captcha.issue(visit.act, domain) } })
  }
}
