import { CaptchaFields } from '../captcha/captchaPages.tsx'
import { formErrors, type PageContent, typed, type Visit } from '../http/index.ts'
import { Actions, Button, Form, Lead, Sentence, TextField } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import type { AccountCheck } from './check.ts'
import { actsOf } from './wire.ts'

/** Asks for an address or a domain. */
export function askPage(visit: Visit, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const errors = formErrors(visit, problem)
  return {
    title: t('workAccounts.ask.title'),
    problem,
    errors,
    scripts: visit.services.captcha ? ['captcha'] : [],
    children: (
      <>
        <Lead>{t('workAccounts.ask.lead')}</Lead>
        <Form action={visit.path}>
          <TextField
            name="query"
            label={t('workAccounts.ask.query')}
            hint={t('workAccounts.ask.queryHint')}
            value={typed(visit, 'query')}
            error={errors.find(error => error.field === 'query')?.text}
            autoFocus
          />
          {visit.services.captcha && <CaptchaFields visit={visit} problem={problem} />}
          <Actions>
            <Button>{t('workAccounts.ask.check')}</Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** Tells what is known of the domain, and what to do next. */
export function answerPage(visit: Visit, found: AccountCheck): PageContent {
  const { t } = visit.locale
  const { account, domain } = found
  const acts = actsOf(visit, found)
  return {
    title: t(`workAccounts.${account}.title`),
    outcome: account === 'unknown' ? 'info' : 'success',
    children: (
      <>
        <Lead>
          <Sentence say={name => t(`workAccounts.${account}.lead`, { domain: name })}>
            <bdi>{domain}</bdi>
          </Sentence>
        </Lead>
        <p>{t(`workAccounts.${account}.next`)}</p>
        <Actions>
          {acts.map(({ act, href, title }, place) => (
            <Button key={act} href={href} {...(place > 0 && { kind: 'secondary' })}>
              {title}
            </Button>
          ))}
          <Button kind={acts.length > 0 ? 'link' : 'secondary'} href={visit.path}>
            {t('workAccounts.again')}
          </Button>
        </Actions>
      </>
    ),
  }
}
