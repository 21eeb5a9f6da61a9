import type { ReactNode } from 'react'
import type { Case } from '../cases/index.ts'
import { errorOf, formErrors, type PageContent, typed, type Visit } from '../http/index.ts'
import { mailboxCodePage } from '../mailboxes/mailboxPages.tsx'
import {
  Actions,
  Button,
  Checkbox,
  DefinitionList,
  Form,
  type FormError,
  Lead,
  NewPassword,
  SelectField,
  Sentence,
  TextArea,
  TextField,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { rescueActs } from '../relationships/index.ts'
import type { Reading } from './open.ts'
import { LONGEST_REASON, type Rescue } from './rescue.ts'
import { objectionOf } from './wire.ts'

type Part = Omit<PageContent, 'problem' | 'errors'>
type AsAsker = Extract<Reading, { as: 'asker' }>
type AsTold = Extract<Reading, { as: 'told' }>

/** Asks what the provider is to help with. The same for every domain. */
export function askPage(visit: Visit, { number, domain }: Case, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const errors = formErrors(visit, problem)
  return {
    title: t('rescues.ask.title'),
    problem,
    errors,
    children: (
      <>
        <Lead>{t('rescues.ask.lead')}</Lead>
        <p>{t('rescues.ask.how')}</p>
        <Form action={`/cases/${number}/rescue`}>
          <SelectField
            name="act"
            label={t('rescues.ask.act')}
            value={typed(visit, 'act')}
            error={errorOf(errors, 'act')}
            options={rescueActs.map(value => ({ value, label: t(`rescues.act.${value}`) }))}
          />
          <TextField
            name="userName"
            label={t('rescues.ask.userName')}
            hint={t('rescues.ask.userNameHint', { domain })}
            value={typed(visit, 'userName')}
            error={errorOf(errors, 'userName')}
            autoComplete="username"
          />
          <Checkbox name="lostMethods" label={t('rescues.ask.lostMethods')} checked={false} />
          <TextField
            name="phrase"
            label={t('rescues.ask.phrase')}
            hint={t('rescues.ask.phraseHint')}
            error={errorOf(errors, 'phrase')}
            autoComplete="off"
          />
          <Actions>
            <Button>{t('rescues.ask.go')}</Button>
            <Button kind="link" href={`/cases/${number}`}>
              {t('rescues.back')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** The page of a rescue, for who asked and for those who are told. */
export function rescuePage(visit: Visit, read: Reading, problem?: Refusal): PageContent {
  const errors = formErrors(visit, problem)
  const part = read.as === 'told' ? toldPage(visit, read, errors) : askerPage(visit, read, { problem, errors })
  return { problem, errors, ...part }
}

interface Shown {
  problem: Refusal | undefined
  errors: readonly FormError[]
}

function askerPage(visit: Visit, read: AsAsker, shown: Shown): Part {
  const { t } = visit.locale
  const { rescue } = read
  const { id, state } = rescue
  switch (state) {
    case 'ready':
      return read.isProved ? passwordPage(visit, read, shown.errors) : mailboxPage(visit, read, shown)
    case 'asked':
    case 'taken':
    case 'cooling':
      return {
        title: t(`rescues.${state}.title`),
        scripts: ['times'],
        children: (
          <>
            <Until visit={visit} at={rescue.endsAt} say={when => t(`rescues.${state}.lead`, { when })} />
            <Facts visit={visit} read={read} />
            <Withdraw visit={visit} id={id} />
          </>
        ),
      }
    case 'disputed':
      return {
        title: t(rescue.refusal === 'administrator_present' ? 'rescues.disputed.present' : 'rescues.disputed.title'),
        outcome: 'info',
        scripts: ['times'],
        children: (
          <>
            {rescue.refusal === 'administrator_present' && <p>{t('rescues.refusal.administrator_present')}</p>}
            <Until visit={visit} at={rescue.endsAt} say={when => t('rescues.disputed.lead', { when })} />
            <Facts visit={visit} read={read} />
            {!rescue.finishedAt && <Withdraw visit={visit} id={id} />}
          </>
        ),
      }
    case 'settling':
    case 'done':
      return {
        title: t('rescues.settling.title'),
        outcome: 'success',
        scripts: ['times'],
        children: (
          <>
            {rescue.undoUntil ? (
              <Until visit={visit} at={rescue.undoUntil} say={when => t('rescues.settling.lead', { when })} />
            ) : (
              <Lead>{t('rescues.done.lead')}</Lead>
            )}
            <Actions>
              <Button href="/signin">{t('rescues.settling.go')}</Button>
            </Actions>
          </>
        ),
      }
    default:
      return {
        title: t(`rescues.${state}.title`),
        outcome: 'info',
        children: (
          <>
            <Lead>
              {t(state === 'undone' ? 'rescues.undone.lead' : `rescues.refusal.${rescue.refusal ?? 'operator'}`)}
            </Lead>
            {rescue.refusal === 'provider' && rescue.reason !== null && (
              <p>
                <bdi>{rescue.reason}</bdi>
              </p>
            )}
            <Actions>
              <Button kind="secondary" href={`/cases/${read.one.number}`}>
                {t('rescues.back')}
              </Button>
            </Actions>
          </>
        ),
      }
  }
}

/** The mailbox is proved anew before the last step: the browser may have stood open for a week. */
function mailboxPage(visit: Visit, { rescue, one, challenge }: AsAsker, { problem, errors }: Shown): Part {
  const { t } = visit.locale
  const path = `/rescues/${rescue.id}`
  if (challenge)
    return mailboxCodePage(visit, {
      ...{ path, address: one.address, challenge, problem, error: errorOf(errors, 'code') },
      beside: <Withdraw visit={visit} id={rescue.id} />,
      words: {
        title: t('rescues.ready.title'),
        lead: to => t('rescues.mailbox.lead', { address: to }),
        over: to => t('rescues.mailbox.over', { address: to }),
        verify: t('rescues.mailbox.verify'),
        again: t('rescues.mailbox.again'),
      },
    })
  return {
    title: t('rescues.ready.title'),
    scripts: ['times'],
    children: (
      <>
        <Until visit={visit} at={rescue.endsAt} say={when => t('rescues.ready.lead', { when })} />
        <Form action={`${path}/challenges`}>
          <Actions>
            <Button>{t('rescues.mailbox.send')}</Button>
          </Actions>
        </Form>
        <Withdraw visit={visit} id={rescue.id} />
      </>
    ),
  }
}

/** The password, which nobody but who asks ever sees. */
function passwordPage(visit: Visit, { rescue, one }: AsAsker, errors: readonly FormError[]): Part {
  const { locale } = visit
  const { t } = locale
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
  return {
    title: t('rescues.password.title'),
    scripts: ['newPassword', 'times'],
    children: (
      <>
        <Lead>{t('rescues.password.lead')}</Lead>
        <Form action={`/rescues/${rescue.id}/finish`}>
          {rescue.act === 'newAdministrator' && (
            <>
              {locale.language === 'ja' ? names.reverse() : names}
              <TextField
                name="userName"
                label={t('rescues.password.userName')}
                hint={t('rescues.password.userNameHint', { domain: one.domain })}
                value={typed(visit, 'userName')}
                error={errorOf(errors, 'userName')}
                autoComplete="username"
              />
            </>
          )}
          <NewPassword
            locale={locale}
            username={rescue.target ?? one.address}
            label={t('reset.password.new')}
            again={t('reset.password.again')}
            errors={errors}
          />
          <Actions>
            <Button>{t('rescues.ready.go')}</Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** While a Global Administrator's sign-in stops it. */
const STOPPABLE: readonly Rescue['state'][] = ['taken', 'cooling', 'ready']

/** What somebody sees who could object: who asks, who vouches for them, until when, and how to stop it. */
function toldPage(visit: Visit, read: AsTold, errors: readonly FormError[]): Part {
  const { t } = visit.locale
  const { rescue } = read
  const step = objectionOf(rescue)
  const isOpen = step !== undefined || rescue.state === 'disputed' || rescue.state === 'taken'
  return {
    title: t('rescues.told.title'),
    scripts: ['times'],
    children: (
      <>
        {isOpen ? (
          <Until visit={visit} at={rescue.endsAt} say={when => t(`rescues.told.${rescue.state}`, { when })} />
        ) : (
          <Lead>{t(`rescues.told.${rescue.state}`, { when: '' })}</Lead>
        )}
        <Facts visit={visit} read={read} />
        {step && (
          <Form action={`/rescues/${rescue.id}/${step}`}>
            {step === 'objection' && (
              <TextArea
                name="reason"
                label={t('rescues.told.reason')}
                hint={t('rescues.told.reasonHint')}
                value={typed(visit, 'reason')}
                error={errorOf(errors, 'reason')}
                maxLength={LONGEST_REASON}
              />
            )}
            <Actions>
              <Button>{t(step === 'undo' ? 'rescues.told.undo' : 'rescues.told.object')}</Button>
            </Actions>
          </Form>
        )}
        {STOPPABLE.includes(rescue.state) && <p className="hint">{t('rescues.told.administrator')}</p>}
      </>
    ),
  }
}

/** What is asked for, who asks, and who has made sure of it. */
function Facts({ visit, read: { rescue, one, as } }: { visit: Visit; read: Reading }): ReactNode {
  const { t } = visit.locale
  const people = rescue.approver ? [rescue.taker!.name, rescue.approver.name] : []
  const showsTaker = as === 'told' && people.length === 0 && rescue.taker !== null
  return (
    <DefinitionList
      items={[
        {
          term: t('rescues.facts.act'),
          description: (
            <>
              {t(`rescues.act.${rescue.act}`)}
              {rescue.target !== null && (
                <>
                  {' '}
                  (<bdi>{rescue.target}</bdi>)
                </>
              )}
            </>
          ),
        },
        { term: t('rescues.facts.asker'), description: <bdi>{one.address}</bdi> },
        { term: t('rescues.facts.case'), description: one.number },
        ...(rescue.provider
          ? [{ term: t('rescues.facts.provider'), description: <bdi>{rescue.provider.name}</bdi> }]
          : []),
        ...(people.length > 0 || showsTaker
          ? [
              {
                term: t('rescues.facts.people'),
                description: <bdi>{(people.length > 0 ? people : [rescue.taker!.name]).join(', ')}</bdi>,
              },
            ]
          : []),
      ]}
    />
  )
}

const Withdraw = ({ visit, id }: { visit: Visit; id: Rescue['id'] }) => (
  <Form action={`/rescues/${id}/withdrawal`}>
    <Actions>
      <Button kind="link">{visit.locale.t('rescues.withdraw')}</Button>
    </Actions>
  </Form>
)

/** What lasts until a moment. */
const Until = ({ visit, at, say }: { visit: Visit; at: Date; say(when: string): string }) => (
  <Lead>
    <Sentence say={say}>
      <time dateTime={at.toISOString()}>{visit.locale.dateTime(at)}</time>
    </Sentence>
  </Lead>
)
