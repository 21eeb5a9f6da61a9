import { issueFormToken } from '../captcha/index.ts'
import { typed, type Visit } from '../http/index.ts'
import { scriptHrefs } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'

/** Refusals that spent nothing: the form keeps its token, so that nobody has to wait again. */
const spentNothing: readonly string[] = ['invalid_request', 'captcha_too_early']

/** The captcha's part of the first form: the field that script fills in, the token for browsers without script, and a status line. */
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
