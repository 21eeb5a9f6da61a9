import { formErrors, type PageContent, typed, type Visit } from '../http/index.ts'
import { Actions, Button, Form, type FormError, Lead, scriptHrefs, TextField } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'

/** The first page: the name alone. Who has no script gets in by this page and the next. */
export function signInPage(visit: Visit, problem?: Refusal): PageContent {
  const { t, duration } = visit.locale
  const errors = formErrors(visit, problem)
  const wait = problem?.retryAfter
  const { next } = visit.query
  return {
    title: t('signin.title'),
    problem,
    errors: wait ? [...errors, { text: t('signin.waitOrReset', { duration: duration(wait) }) }] : errors,
    notice: visit.query['signed-out'] !== undefined ? { tone: 'success', children: t('signin.signedOut') } : undefined,
    scripts: ['forgot'],
    children: (
      <>
        <Lead>{t('signin.lead')}</Lead>
        <NameForm
          visit={visit}
          action="/signin/start"
          hidden={next === undefined ? {} : { next: next.slice(0, 300) }}
          username={typed(visit, 'username') ?? visit.query.username}
          errors={errors}
        />
      </>
    ),
  }
}

/** Asks for the name, and offers a reset right beside it. */
export function NameForm({
  visit,
  action,
  hidden,
  username,
  errors,
}: {
  visit: Visit
  action: string
  hidden?: Record<string, string>
  username: string | undefined
  errors: readonly FormError[]
}) {
  const { t } = visit.locale
  return (
    <Form action={action} hidden={hidden}>
      <TextField
        name="username"
        label={t('signin.username')}
        value={username}
        error={errors.find(error => error.field === 'username')?.text}
        type="email"
        autoComplete="username"
        autoFocus
      />
      <Actions>
        <Button>{t('signin.next')}</Button>
        <Forgot visit={visit} username={username} />
      </Actions>
    </Form>
  )
}

/** The way to a reset. The script `forgot` begins it with the name that is typed here, or that the page is about. */
export function Forgot({ visit, username }: { visit: Visit; username: string | undefined }) {
  const { t } = visit.locale
  return (
    <>
      <a
        className="button button-link"
        href={username ? `/reset?username=${encodeURIComponent(username)}` : '/reset'}
        data-reset={username ?? ''}
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
    </>
  )
}
