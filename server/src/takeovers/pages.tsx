import { CaptchaFields } from '../captcha/captchaPages.tsx'
import { errorOf, formErrors, type PageContent, typed, type Visit } from '../http/index.ts'
import { mailboxCodePage } from '../mailboxes/mailboxPages.tsx'
import { Findings, generalFields, RecordFields } from '../organization/recordPages.tsx'
import { Actions, Button, Form, type FormError, Lead, NewPassword, Panel, Sentence, TextField } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { isFresh } from '../sessions/index.ts'
import { memberPage, Until } from './memberPages.tsx'
import type { Reading } from './open.ts'
import { nameOf } from './queries.ts'
import type { Takeover } from './takeover.ts'

/** Asks for the domain and for a mailbox in it. */
export function startPage(visit: Visit, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const { captcha } = visit.services
  const errors = formErrors(visit, problem)
  return {
    title: t('takeovers.start.title'),
    problem,
    errors,
    scripts: captcha ? ['captcha'] : [],
    children: (
      <>
        <Lead>{t('takeovers.start.lead')}</Lead>
        <p>{t('takeovers.start.how')}</p>
        <Form action={visit.path}>
          <TextField
            name="domain"
            label={t('takeovers.start.domain')}
            value={typed(visit, 'domain') ?? visit.query.domain}
            error={errorOf(errors, 'domain')}
          />
          <TextField
            name="address"
            label={t('takeovers.start.address')}
            hint={t('takeovers.start.addressHint')}
            value={typed(visit, 'address')}
            error={errorOf(errors, 'address')}
            type="email"
            autoComplete="email"
          />
          {captcha && <CaptchaFields visit={visit} problem={problem} />}
          <Actions>
            <Button>{t('takeovers.start.go')}</Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

type Part = Omit<PageContent, 'problem' | 'errors'>

/** The page of a claim, for who made it and for those who were there. */
export function takeoverPage(visit: Visit, read: Reading, problem?: Refusal): PageContent {
  const errors = formErrors(visit, problem)
  const part =
    read.as === 'member'
      ? memberPage(visit, read.takeover, errors)
      : claimPage(visit, read.takeover, { problem, errors })
  return { problem, errors, ...part }
}

interface Shown {
  problem: Refusal | undefined
  errors: readonly FormError[]
}

function claimPage(visit: Visit, takeover: Takeover, { problem, errors }: Shown): Part {
  const { t } = visit.locale
  const { id, state, address, challenge } = takeover
  switch (state) {
    case 'prove-mailbox':
      return mailboxCodePage(visit, {
        ...{ path: `/takeovers/${id}`, address, challenge, problem },
        error: errorOf(errors, 'code'),
        words: {
          title: t('takeovers.code.title'),
          lead: to => t('takeovers.code.lead', { address: to }),
          over: to => t('takeovers.code.over', { address: to }),
          verify: t('takeovers.code.verify'),
          again: t('takeovers.code.again'),
        },
      })
    case 'prove-dns':
      return {
        title: t('takeovers.dns.title'),
        scripts: ['copy', 'times'],
        children: (
          <>
            <Until visit={visit} at={takeover.endsAt} say={when => t('takeovers.dns.lead', { when })} />
            <Record visit={visit} takeover={takeover} />
            <Found visit={visit} takeover={takeover} />
            <Withdraw visit={visit} takeover={takeover} />
          </>
        ),
      }
    case 'waiting':
      return {
        title: t('takeovers.waiting.title'),
        scripts: ['copy', 'times'],
        children: (
          <>
            <Until
              visit={visit}
              at={takeover.endsAt}
              say={when => t('takeovers.waiting.lead', { when, count: takeover.people ?? 0 })}
            />
            <p>{t('takeovers.waiting.keep')}</p>
            <Record visit={visit} takeover={takeover} />
            <Found visit={visit} takeover={takeover} />
            <Withdraw visit={visit} takeover={takeover} />
          </>
        ),
      }
    case 'ready':
      if (takeover.kind === 'external') return { title: t('takeovers.ready.title'), ...takeInPage(visit, takeover) }
      return { title: t('takeovers.ready.title'), ...readyPage(visit, takeover, errors) }
    case 'finished':
      if (takeover.kind === 'external') return takenInPage(visit, takeover)
      return {
        title: t('takeovers.finished.title'),
        outcome: 'success',
        scripts: ['times'],
        children: (
          <>
            {takeover.undoUntil ? (
              <Until visit={visit} at={takeover.undoUntil} say={when => t('takeovers.finished.lead', { when })} />
            ) : (
              <Lead>{t('takeovers.finished.over')}</Lead>
            )}
            <Actions>
              <Button href="/account">{t('signup.finished.go')}</Button>
            </Actions>
          </>
        ),
      }
    case 'disputed':
      return {
        title: t(
          takeover.refusal === 'administrator_present' ? 'takeovers.disputed.present' : 'takeovers.disputed.title',
        ),
        outcome: 'info',
        scripts: ['times'],
        children: (
          <>
            {takeover.refusal === 'administrator_present' && (
              <p>{t('takeovers.refusal.administrator_present', { domain: takeover.domain })}</p>
            )}
            <Until visit={visit} at={takeover.endsAt} say={when => t('takeovers.disputed.lead', { when })} />
            {!takeover.finishedAt && <Withdraw visit={visit} takeover={takeover} />}
          </>
        ),
      }
    default:
      return endedPage(visit, takeover)
  }
}

/** A claim that came to nothing. */
function endedPage(visit: Visit, { state, refusal, domain, kind }: Takeover): Part {
  const { t } = visit.locale
  const ended = state as 'refused' | 'undone' | 'withdrawn' | 'expired'
  return {
    title: t(`takeovers.${ended}.title`),
    outcome: 'info',
    children: (
      <>
        <Lead>
          <Sentence
            say={name =>
              ended === 'refused'
                ? t(`takeovers.refusal.${refusal ?? 'operator'}`, { domain: name })
                : kind === 'external' && ended === 'undone'
                  ? t('takeovers.taking.undone', { domain: name })
                  : t(`takeovers.${ended}.lead`, { domain: name })
            }
          >
            <bdi>{domain}</bdi>
          </Sentence>
        </Lead>
        <Actions>
          <Button kind="secondary" href="/account-check">
            {t('workAccounts.ask.title')}
          </Button>
          <Button kind="link" href="/cases">
            {t('cases.start.title')}
          </Button>
        </Actions>
      </>
    ),
  }
}

/** The last press of an administrator of the company that takes people in. */
function takeInPage(visit: Visit, takeover: Takeover): Omit<Part, 'title'> {
  const { t } = visit.locale
  const { id, domain, endsAt, otherTenantId, company } = takeover
  const session = visit.session?.tenantId === otherTenantId ? visit.session : undefined
  const path = `/takeovers/${id}`
  return {
    scripts: ['times'],
    children: (
      <>
        <Until visit={visit} at={endsAt} say={when => t('takeovers.taking.ready', { when, domain })} />
        {session && isFresh(session.provedAt, visit.act.now) ? (
          <Form action={`${path}/finish`}>
            <Actions>
              <Button>{t('takeovers.taking.go')}</Button>
            </Actions>
          </Form>
        ) : (
          <Actions>
            {session ? (
              <Button href={`/session/proof?next=${encodeURIComponent(path)}`}>{t('takeovers.taking.prove')}</Button>
            ) : (
              <Button href={`/signin?other&next=${encodeURIComponent(path)}`}>
                {t('takeovers.taking.signIn', { company: company ?? '' })}
              </Button>
            )}
          </Actions>
        )}
        <Withdraw visit={visit} takeover={takeover} />
      </>
    ),
  }
}

/** The people are in the company. */
function takenInPage(visit: Visit, { undoUntil, domain }: Takeover): Part {
  const { t } = visit.locale
  return {
    title: t('takeovers.taking.finished.title'),
    outcome: 'success',
    scripts: ['times'],
    children: (
      <>
        {undoUntil ? (
          <Until visit={visit} at={undoUntil} say={when => t('takeovers.taking.finished.lead', { when })} />
        ) : (
          <Lead>{t('takeovers.taking.finished.over')}</Lead>
        )}
        <Actions>
          <Button href={`/domains/${domain}`}>{t('takeovers.taking.finished.go')}</Button>
        </Actions>
      </>
    ),
  }
}

/** Names and a password for the account that is made; who has one there signs in first. */
function readyPage(visit: Visit, takeover: Takeover, errors: readonly FormError[]): Omit<Part, 'title'> {
  const { locale } = visit
  const { t } = locale
  const { id, address, account, endsAt } = takeover
  const name = nameOf(address)
  const path = `/takeovers/${id}/finish`
  const surnameFirst = locale.language === 'ja'
  const field = (of: 'givenName' | 'surname', autoComplete: string) => (
    <TextField
      key={of}
      name={of}
      label={t(`signup.administrator.${of}`)}
      value={typed(visit, of)}
      error={errorOf(errors, of)}
      autoComplete={autoComplete}
    />
  )
  const names = [field('givenName', 'given-name'), field('surname', 'family-name')]
  const isTheirs = visit.session?.user.userPrincipalName.toLowerCase() === name
  return {
    scripts: ['newPassword', 'times'],
    children: (
      <>
        <Until visit={visit} at={endsAt} say={when => t('takeovers.ready.lead', { when })} />
        {isTheirs ? (
          <Form action={path}>
            <p>
              <Sentence say={own => t('takeovers.ready.yours', { account: own })}>
                <bdi>{name}</bdi>
              </Sentence>
            </p>
            <Actions>
              <Button>{t('takeovers.ready.go')}</Button>
            </Actions>
          </Form>
        ) : (
          <Form action={path}>
            <p>
              <Sentence say={own => t('takeovers.ready.account', { account: own })}>
                <bdi>{account}</bdi>
              </Sentence>
            </p>
            {surnameFirst ? names.reverse() : names}
            <NewPassword
              locale={locale}
              username={account}
              label={t('reset.password.new')}
              again={t('reset.password.again')}
              errors={errors}
            />
            <Actions>
              <Button>{t('takeovers.ready.go')}</Button>
              <Button kind="link" href={`/signin?username=${encodeURIComponent(name)}`}>
                {t('takeovers.ready.signIn')}
              </Button>
            </Actions>
          </Form>
        )}
        <Withdraw visit={visit} takeover={takeover} />
      </>
    ),
  }
}

const Withdraw = ({ visit, takeover: { id } }: { visit: Visit; takeover: Takeover }) => (
  <Form action={`/takeovers/${id}/withdrawal`}>
    <Actions>
      <Button kind="link">{visit.locale.t('takeovers.withdraw')}</Button>
    </Actions>
  </Form>
)

/** The record that proves the domain. */
function Record({ visit, takeover: { domain, proof } }: { visit: Visit; takeover: Takeover }) {
  const { t } = visit.locale
  return (
    <Panel title={t('domains.record.title')} hint={t('domains.record.lead', { domain })}>
      <RecordFields visit={visit} fields={generalFields(visit, proof)} />
    </Panel>
  )
}

/** What the last look found, and the button for another. */
function Found({ visit, takeover: { id, check } }: { visit: Visit; takeover: Takeover }) {
  const { t } = visit.locale
  return (
    <Panel title={t('domains.check.title')}>
      <Findings visit={visit} check={check} />
      <Form action={`/takeovers/${id}/check`}>
        <Actions>
          <Button>{t('domains.check.now')}</Button>
        </Actions>
      </Form>
    </Panel>
  )
}
