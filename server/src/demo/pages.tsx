import { Fragment } from 'react'
import { formErrors, type PageContent, typed, type Visit } from '../http/index.ts'
import { questionText } from '../methods/index.ts'
import {
  Actions,
  Banner,
  Button,
  DefinitionList,
  Details,
  Form,
  type IconName,
  Lead,
  MethodList,
  MethodRow,
  Panel,
  SelectField,
  Sentence,
  TextField,
  Timeline,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { PAGE_APPLICATION } from './applications.ts'
import type { SentMessage } from './outbox.ts'
import { partnersTenants } from './partnersTenants.ts'
import { answeredQuestions, answerTo, PASSWORD, tenants } from './tenants.ts'
import { faultNames, recordTypes, type Zone } from './zone.ts'

/** The outbox is read while waiting for a code. */
const REFRESH_SECONDS = 4

/** The demonstration's first page: its accounts, what each shows, and where to try it. */
export function landingPage({ locale, services }: Visit): PageContent {
  const { t } = locale
  return {
    title: t('demo.title'),
    width: 'wide',
    notice: { tone: 'info', title: t('demo.password', { password: PASSWORD }) },
    children: (
      <>
        <Lead>{t('demo.lead')}</Lead>
        <Actions>
          <Button href="/reset">{t('demo.startReset')}</Button>
          <Button kind="secondary" href="/signin">
            {t('demo.signIn')}
          </Button>
          <Button kind="link" href="/demo/outbox">
            {t('demo.outbox')}
          </Button>
          <Button kind="link" href="/admin">
            {t('demo.administration')}
          </Button>
          <Button kind="link" href="/demo/app">
            {t('demo.app.open')}
          </Button>
          <Button kind="link" href="/demo/dns">
            {t('demo.dns.title')}
          </Button>
          <Button kind="link" href="/account-check">
            {t('workAccounts.ask.title')}
          </Button>
          {services.signup.open === 'open' && (
            <Button kind="link" href="/signup">
              {t('signup.start.title')}
            </Button>
          )}
        </Actions>
        {tenants.map(tenant => (
          <Panel
            key={tenant.key}
            title={`${tenant.displayName} (${tenant.domain})`}
            hint={t(`demo.policies.${tenant.key}`)}
          >
            <MethodList>
              {tenant.accounts.map(({ name }) => (
                <MethodRow
                  key={name}
                  icon="person"
                  label={name}
                  hint={t(`demo.accounts.${name}`)}
                  action={
                    <>
                      <Button
                        kind="link"
                        href={`/reset?username=${encodeURIComponent(name)}`}
                        label={t('demo.resetFor', { account: name })}
                      >
                        {t('demo.reset')}
                      </Button>
                      <Button
                        kind="link"
                        href={`/signin?username=${encodeURIComponent(name)}`}
                        label={t('demo.signInFor', { account: name })}
                      >
                        {t('demo.signIn')}
                      </Button>
                    </>
                  }
                />
              ))}
            </MethodList>
            {tenant.key === 'acme' && (
              <Details summary={t('demo.answers')}>
                <DefinitionList
                  items={answeredQuestions.map((question, place) => ({
                    term: questionText(locale, question),
                    description: <code translate="no">{answerTo(place + 1)}</code>,
                  }))}
                />
              </Details>
            )}
          </Panel>
        ))}
        <Panel title={t('demo.partners.title')} hint={t('demo.partners.hint')}>
          <DefinitionList
            items={partnersTenants.map(({ key, domain, accounts }) => ({
              term: domain,
              description: (
                <>
                  {t(`demo.partners.${key}`)}
                  <br />
                  {accounts.map(({ name }) => (
                    <Fragment key={name}>
                      <a href={`/signin?username=${name}`}>{name.slice(0, name.indexOf('@'))}</a>{' '}
                    </Fragment>
                  ))}
                </>
              ),
            }))}
          />
        </Panel>
      </>
    ),
  }
}

const icons: Record<SentMessage['channel'], IconName> = { email: 'mail', sms: 'phone', voice: 'phoneCall' }

/** Every message of the demonstration, newest first. */
export function outboxPage({ locale }: Visit, messages: readonly SentMessage[]): PageContent {
  const { t } = locale
  return {
    title: t('demo.outbox'),
    width: 'wide',
    scripts: ['times'],
    refreshAfterSeconds: REFRESH_SECONDS,
    children: (
      <>
        <Lead>{t('demo.outboxLead')}</Lead>
        {messages.length === 0 ? (
          <p>{t('demo.outboxEmpty')}</p>
        ) : (
          <Timeline
            items={messages.map(message => ({
              at: { iso: message.sentAt, text: locale.dateTime(new Date(message.sentAt)) },
              title: t(`demo.sent.${message.channel}`, { to: message.to }),
              icon: icons[message.channel],
              detail: (
                <>
                  <MessageText {...message} />
                  {message.hasHtml && <a href={`/demo/outbox/${message.id}`}>{t('demo.asMail')}</a>}
                </>
              ),
            }))}
          />
        )}
        <Actions>
          <Button kind="secondary" href="/demo">
            {t('demo.toAccounts')}
          </Button>
          <Button kind="link" href="/demo/app">
            {t('demo.app.open')}
          </Button>
        </Actions>
      </>
    ),
  }
}

/** The records of the demonstration's DNS and its faults, with forms for more. */
export function dnsPage(visit: Visit, zone: Zone, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const errors = formErrors(visit, problem)
  const errorOf = (field: string) => errors.find(error => error.field === field)?.text
  return {
    title: t('demo.dns.title'),
    width: 'wide',
    problem,
    errors,
    children: (
      <>
        <Lead>{t('demo.dns.lead', { server: zone.server })}</Lead>
        <Panel title={t('demo.dns.records')}>
          <MethodList>
            {zone.records().map(({ id, name, type, data, ttl }) => (
              <MethodRow
                key={id}
                icon="globe"
                label={`${name} ${type}`}
                hint={`${data} (${ttl})`}
                action={
                  <Form action={`/demo/dns/records/${id}/removal`}>
                    <Button kind="link" label={t('demo.dns.removeLabel', { name, type })}>
                      {t('demo.dns.remove')}
                    </Button>
                  </Form>
                }
              />
            ))}
          </MethodList>
        </Panel>
        <Panel title={t('demo.dns.add')}>
          <Form action="/demo/dns/records">
            <TextField name="name" label={t('demo.dns.name')} value={typed(visit, 'name')} error={errorOf('name')} />
            <SelectField
              name="type"
              label={t('demo.dns.type')}
              value={typed(visit, 'type') ?? 'TXT'}
              options={recordTypes.map(type => ({ value: type, label: type }))}
            />
            <TextField
              name="data"
              label={t('demo.dns.data')}
              hint={t('demo.dns.dataHint')}
              value={typed(visit, 'data')}
              error={errorOf('data')}
            />
            <TextField
              name="ttl"
              label={t('demo.dns.ttl')}
              inputMode="numeric"
              required={false}
              value={typed(visit, 'ttl')}
              error={errorOf('ttl')}
            />
            <Actions>
              <Button>{t('demo.dns.add')}</Button>
            </Actions>
          </Form>
        </Panel>
        <Panel title={t('demo.dns.faults')} hint={t('demo.dns.faultsHint')}>
          <DefinitionList
            items={zone.faults().map(({ name, fault }) => ({ term: name, description: t(`demo.dns.fault.${fault}`) }))}
          />
          <Form action="/demo/dns/faults">
            <TextField name="faultName" label={t('demo.dns.faultName')} value={typed(visit, 'faultName')} />
            <SelectField
              name="fault"
              label={t('demo.dns.faultKind')}
              value="servfail"
              options={faultNames.map(fault => ({ value: fault, label: t(`demo.dns.fault.${fault}`) }))}
            />
            <Actions>
              <Button kind="secondary">{t('demo.dns.setFault')}</Button>
            </Actions>
          </Form>
        </Panel>
        <Actions>
          <Button kind="link" href="/demo">
            {t('demo.toAccounts')}
          </Button>
        </Actions>
      </>
    ),
  }
}

/** A single-page application, drawn empty: its script signs people in, and fills in what it learned. */
export function applicationPage({ locale: { t }, services: { origin } }: Visit): PageContent {
  return {
    title: t('demo.app.title'),
    scripts: ['application'],
    children: (
      <div
        className="form"
        data-application={PAGE_APPLICATION}
        data-origin={origin}
        data-authority={`${origin}/acme.example/v2.0`}
      >
        <Lead>{t('demo.app.lead')}</Lead>
        <noscript>
          <Banner tone="warning">{t('demo.app.noScript')}</Banner>
        </noscript>
        <div data-part="failure" hidden>
          <Banner tone="danger" title={t('demo.app.failed')}>
            <span data-part="cause" lang="en" />
          </Banner>
        </div>
        <form className="form" data-part="stranger">
          <Actions>
            <Button>{t('demo.signIn')}</Button>
            <Button kind="link" href="/demo">
              {t('demo.toAccounts')}
            </Button>
          </Actions>
        </form>
        <form className="form" data-part="person" hidden>
          <p>
            <Sentence say={name => t('demo.app.signedIn', { name })}>
              <strong data-part="name" />
            </Sentence>
          </p>
          <Panel title={t('demo.app.claims')}>
            <dl className="definitions" data-part="claims" />
          </Panel>
          <Panel title={t('demo.app.access')}>
            <DefinitionList
              items={[
                { term: t('demo.app.scopes'), description: <code translate="no" data-part="scopes" /> },
                { term: t('demo.app.expiry'), description: <span data-part="expiry" /> },
              ]}
            />
          </Panel>
          <Actions>
            <Button>{t('account.signOut')}</Button>
          </Actions>
        </form>
      </div>
    ),
  }
}

/** The message as it was sent, line by line. */
function MessageText({ subject, text }: SentMessage) {
  return (
    <>
      {subject !== undefined && (
        <>
          <strong>{subject}</strong>
          <br />
        </>
      )}
      {text
        .trim()
        .split('\n')
        .map((line, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name, and the page is drawn once
          <Fragment key={place}>
            {line}
            <br />
          </Fragment>
        ))}
    </>
  )
}
