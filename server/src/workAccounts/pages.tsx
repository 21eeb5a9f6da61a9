import { CaptchaFields } from '../captcha/captchaPages.tsx'
import { formErrors, type PageContent, typed, type Visit } from '../http/index.ts'
import { Actions, Button, Form, HelpLink, Lead, Sentence, TextField } from '../pages/index.ts'
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
        <p className="hint">
          <HelpLink locale={visit.locale} to="first-account" say="how" />
        </p>
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

/** Asks for the address that is mailed its answer, or says that it is on its way. */
export function mailPage(visit: Visit, problem?: Refusal): PageContent {
  const { t } = visit.locale
  if (visit.query.sent !== undefined && !problem)
    return {
      title: t('workAccounts.mail.sent'),
      outcome: 'success',
      children: <p>{t('workAccounts.mail.sentLead')}</p>,
    }
  const errors = formErrors(visit, problem)
  return {
    title: t('workAccounts.mail.title'),
    problem,
    errors,
    scripts: visit.services.captcha ? ['captcha'] : [],
    children: (
      <>
        <Lead>{t('workAccounts.mail.lead')}</Lead>
        <Form action={visit.path}>
          <TextField
            name="address"
            label={t('workAccounts.mail.address')}
            value={typed(visit, 'address')}
            error={errors.find(error => error.field === 'address')?.text}
            type="email"
            autoComplete="email"
            autoFocus
          />
          {visit.services.captcha && <CaptchaFields visit={visit} problem={problem} />}
          <Actions>
            <Button>{t('workAccounts.mail.send')}</Button>
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
        {found.you !== undefined && <p>{t(found.you ? 'workAccounts.you' : 'workAccounts.notYou')}</p>}
        {found.you !== false && <p>{t(`workAccounts.${account}.next`)}</p>}
        <Actions>
          {acts.map(({ act, href, title }, place) => (
            <Button key={act} href={href} {...(place > 0 && { kind: 'secondary' })}>
              {title}
            </Button>
          ))}
          {found.you === undefined && (
            <Button kind="link" href="/account-check/mail">
              {t('workAccounts.mail.title')}
            </Button>
          )}
          <Button kind={acts.length > 0 ? 'link' : 'secondary'} href={visit.path}>
            {t('workAccounts.again')}
          </Button>
        </Actions>
      </>
    ),
  }
}
