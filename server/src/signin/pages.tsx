import { formErrors, ownAddress, type PageContent, typed, type Visit } from '../http/index.ts'
import { Actions, Button, Form, Lead, PasswordField, scriptHrefs, TextField } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'

/** Name and password, and the way to a reset right beside them. */
export function signInPage(visit: Visit, problem?: Refusal): PageContent {
  const { t, duration } = visit.locale
  const errors = formErrors(visit, problem)
  const username = typed(visit, 'username') ?? visit.query.username
  const reset = username ? `/reset?username=${encodeURIComponent(username)}` : '/reset'
  const wait = problem?.retryAfter
  return {
    title: t('signin.title'),
    problem,
    errors: wait ? [...errors, { text: t('signin.waitOrReset', { duration: duration(wait) }) }] : errors,
    notice: visit.query['signed-out'] !== undefined ? { tone: 'success', children: t('signin.signedOut') } : undefined,
    scripts: ['forgot'],
    children: (
      <>
        <Lead>{t('signin.lead')}</Lead>
        <Form action={ownAddress(visit)}>
          <TextField
            name="username"
            label={t('signin.username')}
            value={username}
            error={errors.find(error => error.field === 'username')?.text}
            type="email"
            autoComplete="username"
            autoFocus={!username}
          />
          <PasswordField
            name="password"
            label={t('signin.password')}
            error={errors.find(error => error.field === 'password')?.text}
            autoComplete="current-password"
            autoFocus={Boolean(username)}
          />
          <Actions>
            <Button>{t('signin.submit')}</Button>
            {/* What the script `forgot` begins a reset with, where a name was typed. */}
            <a
              className="button button-link"
              href={reset}
              data-reset=""
              {...(visit.services.captcha && {
                'data-captcha': '/captcha',
                'data-solver': scriptHrefs.captcha,
                'data-worker': scriptHrefs.captchaWorker,
                'data-checking': t('reset.start.checking'),
              })}
            >
              {t('signin.forgot')}
            </a>
            <p className="hint forgot-status" role="status" />
          </Actions>
        </Form>
      </>
    ),
  }
}
