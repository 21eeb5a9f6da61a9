import type { ReactNode } from 'react'
import { noteRefused, type PageContent, type Visit } from '../http/index.ts'
import { Actions, Button, Form, Lead, TextField } from '../pages/index.ts'
import type { Told } from './errors.ts'
import type { PostedAnswer } from './exchange.ts'
import { wordsOf } from './numbers.ts'

/** The page of a failure that no application may be told: it is not sure who asks. */
export function errorPage(visit: Visit, { number, error }: Told): PageContent {
  const isOurs = error === 'server_error'
  // What is told to the browser before anybody has said who they are is of every name.
  if (!isOurs) noteRefused(visit, { code: `AADSTS${number}`, username: '' })
  return { ...explain(visit, number), outcome: isOurs ? 'danger' : 'warning', number }
}

/** Explains a number that an error was told by. It says what the number means, and nothing of anybody. */
export const numberPage = (visit: Visit, number: number): PageContent =>
  explain(
    visit,
    number,
    <p className="hint">
      {visit.locale.t('frame.number')} <code translate="no">{`AADSTS${number}`}</code>
    </p>,
  )

function explain({ locale: { t } }: Visit, number: number, more?: ReactNode): PageContent {
  const { title, detail, next } = wordsOf(t, number)
  return {
    title,
    home: `/error?code=${number}`,
    children: (
      <>
        <Lead>{detail}</Lead>
        <p>{next}</p>
        {more}
        <Actions>
          <Button href="/">{t('frame.home')}</Button>
          <Button kind="link" href="/help/sign-in">
            {t('assistant.link')}
          </Button>
        </Actions>
      </>
    ),
  }
}

/** Asks for the name that leads to a tenant, whose issuer goes on with the request. Its form sends the request again. */
export function organizationPage(visit: Visit, asked: URLSearchParams): PageContent {
  const { t } = visit.locale
  const { login_hint: name, domain_hint: _, lang: __, ...request } = Object.fromEntries(asked)
  const action = '/organizations/v2.0/authorize'
  const error = name === undefined ? undefined : t('signin.organization.unknown')
  return {
    title: t('signin.title'),
    home: `${action}?${new URLSearchParams(request)}`,
    children: (
      <>
        <Lead>{t('signin.organization.lead')}</Lead>
        <Form method="get" action={action} hidden={request}>
          <TextField
            name="login_hint"
            label={t('signin.username')}
            value={name}
            error={error}
            type="email"
            autoComplete="username"
            autoFocus
          />
          <Actions>
            <Button>{t('signin.next')}</Button>
          </Actions>
        </Form>
        <Actions>
          <Button kind="link" href="/reset">
            {t('signin.forgot')}
          </Button>
          <Button kind="link" href="/help/sign-in">
            {t('assistant.link')}
          </Button>
        </Actions>
      </>
    ),
  }
}

/** Takes an answer to an application that wants it posted: by itself, or without script by its button. */
export function answerPage({ locale: { t } }: Visit, { application, address, fields }: PostedAnswer): PageContent {
  const failed = 'error' in fields
  return {
    title: failed ? t('signin.back', { application }) : t('signin.done.title'),
    outcome: failed ? undefined : 'success',
    scripts: ['onward'],
    home: '/',
    children: (
      <Form action={address} hidden={fields}>
        <Lead>{t('signin.done.lead', { application })}</Lead>
        <Actions>
          <Button>{t('signin.done.link', { application })}</Button>
        </Actions>
      </Form>
    ),
  }
}

/** Asks before an application may sign somebody out: it has not shown that it acts for the session of this browser. */
export function logoutPage(
  { locale: { t } }: Visit,
  { application, username, action, hidden }: LogoutQuestion,
): PageContent {
  return {
    title: t('signin.logout.title'),
    home: action.replace(/\/confirm$/, ''),
    children: (
      <>
        <Lead>
          {application === undefined
            ? t('signin.logout.lead', { username })
            : t('signin.logout.asked', { username, application })}
        </Lead>
        <Form action={action} hidden={hidden}>
          <Actions>
            <Button>{t('signin.logout.submit')}</Button>
            <Button kind="link" href="/account">
              {t('signin.logout.stay')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

interface LogoutQuestion {
  application: string | undefined
  username: string
  action: string
  hidden: Record<string, string>
}

/** The page of a request to sign out that is not to be trusted. */
export const logoutRefusedPage = ({ locale: { t } }: Visit, { number }: Told): PageContent => ({
  title: t('signin.logout.refused.title'),
  outcome: 'warning',
  home: '/',
  number,
  children: (
    <>
      <Lead>{t('signin.logout.refused.detail')}</Lead>
      <Actions>
        <Button href="/account">{t('signin.logout.account')}</Button>
      </Actions>
    </>
  ),
})
