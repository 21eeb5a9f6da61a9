import { usedCodeNotice } from '../challenges/challengePages.tsx'
import { changedNotice, formErrors, type PageContent, type SignedInVisit } from '../http/index.ts'
import { ownValue } from '../methods/index.ts'
import {
  Actions,
  Button,
  Day,
  Details,
  Form,
  type IconName,
  Lead,
  MethodList,
  MethodRow,
  Sentence,
} from '../pages/index.ts'
import { FEW_CODES } from '../policies/index.ts'
import type { Refusal } from '../refusals.ts'
import type { SecurityInfoSession } from './change.ts'
import { refuse } from './errors.ts'
import { getOwn, ownId } from './review.ts'
import { mayPutOff, type SecurityInfoEntry } from './state.ts'

const icons: Record<SecurityInfoEntry['kind'], IconName> = {
  passkey: 'key',
  mobilePhone: 'phone',
  officePhone: 'officePhone',
  email: 'mail',
  securityQuestions: 'questions',
  authenticatorCode: 'app',
  recoveryCode: 'sheet',
}

/** Every method that the policy offers or the person still has, with its state and actions. At sign-in the page says why it is shown. */
export function overviewPage(
  visit: SignedInVisit,
  { session, info }: SecurityInfoSession,
  problem?: Refusal,
): PageContent {
  const { t } = visit.locale
  const { requires } = session
  const missing = info.required - info.registered
  const confirmable = info.entries.filter(
    entry =>
      entry.editable &&
      entry.state !== 'missing' &&
      (requires === 'confirm' || entry.state === 'prefilled') &&
      !(entry.state === 'prefilled' && info.policy.administrator) &&
      !entry.method?.blockedAt,
  )
  const title =
    requires === 'register'
      ? t('registration.interrupt.title')
      : requires === 'confirm'
        ? t('registration.interrupt.confirmTitle')
        : t('registration.title')
  const lead =
    requires === 'register'
      ? t('registration.interrupt.lead')
      : requires === 'confirm'
        ? t('registration.interrupt.confirmLead')
        : t('registration.lead')
  return {
    title,
    notice: usedCodeNotice(visit, info.recorded) ?? changedNotice(visit),
    scripts: ['times'],
    problem,
    errors: formErrors(visit, problem),
    children: (
      <>
        <Lead>{lead}</Lead>
        {info.entries.every(entry => entry.removable && !entry.editable) ? (
          <p>{t('registration.none')}</p>
        ) : (
          // Methods that wait to be confirmed are enough, though none is registered yet.
          requires !== 'confirm' && (
            <p>
              {missing > 0
                ? t(info.registered > 0 ? 'registration.needed' : 'registration.first', { count: missing })
                : t('registration.enough')}
            </p>
          )
        )}
        <MethodList>
          {info.entries
            .filter(({ kind }) => kind !== 'passkey')
            .map(entry => (
              <EntryRow
                key={entry.kind}
                visit={visit}
                entry={entry}
                waits={info.step.waiting.some(({ id }) => id === entry.method?.id)}
              />
            ))}
        </MethodList>
        {confirmable.length > 0 && (
          <Form
            action="/security-info/confirmations"
            hidden={Object.fromEntries(
              confirmable.map(({ method }) => [
                `methods.${method ? ownId(visit.act, session, method.id) : ''}`,
                'true',
              ]),
            )}
          >
            <Actions>
              <Button>{t('registration.looksGood')}</Button>
            </Actions>
          </Form>
        )}
        <Details summary={t('registration.why.summary')}>
          {requires === null ? null : <p>{t('registration.why.reason')}</p>}
          <p>{t('registration.why.used')}</p>
          <p>{t('registration.why.notUsed')}</p>
          <p>{t('registration.why.seen')}</p>
        </Details>
        {requires === null ? (
          <Actions>
            <Button kind="link" href="/account">
              {t('account.back')}
            </Button>
          </Actions>
        ) : (
          mayPutOff(info) && (
            <Form action="/security-info/later">
              <p className="hint">{t('registration.interrupt.laterHint')}</p>
              <Actions>
                <Button kind="link">{t('registration.interrupt.later')}</Button>
              </Actions>
            </Form>
          )
        )}
      </>
    ),
  }
}

/** `waits`: a sign-in does not ask for it as the second step yet. */
function EntryRow({ visit, entry, waits }: { visit: SignedInVisit; entry: SecurityInfoEntry; waits: boolean }) {
  const { t } = visit.locale
  const { kind, state, method, editable, removable } = entry
  const name = t(`methods.kind.${kind}`)
  const labelOf = (act: 'registration.setUp' | 'registration.change' | 'registration.remove') =>
    t('registration.act', { act: t(act), method: name })
  const codesLeft = method?.codesLeft ?? null
  const setUp = `/security-info/set-up/${kind}`
  const shown = method && ownValue(visit.act, method)
  const blocked = Boolean(method?.blockedAt)
  const confirmed = state === 'registered' && method?.confirmedAt && !blocked
  return (
    <MethodRow
      icon={icons[kind]}
      label={name}
      hint={
        state === 'missing' ? (
          t(`methods.about.${kind}`)
        ) : (
          <>
            {shown && <bdi dir="ltr">{shown}</bdi>}
            {confirmed && (
              <span>
                {shown ? ' · ' : ''}
                <Sentence say={date => t('registration.confirmedAt', { date })}>
                  <Day locale={visit.locale} at={method.confirmedAt!} />
                </Sentence>
              </span>
            )}
            {codesLeft !== null && !blocked && (
              <span className="row-note">
                {codesLeft === 0
                  ? t('registration.recovery.usedUp')
                  : t('registration.recovery.left', { count: codesLeft })}
              </span>
            )}
            {blocked && (
              <span className="row-note">
                {editable ? t('registration.blocked') : t('registration.blockedForAdministrator')}
              </span>
            )}
            {waits && !blocked && <span className="row-note">{t('registration.byPassword')}</span>}
          </>
        )
      }
      badge={{
        tone:
          blocked || (codesLeft ?? FEW_CODES) < FEW_CODES
            ? 'warning'
            : state === 'registered'
              ? 'success'
              : state === 'prefilled'
                ? 'info'
                : 'neutral',
        text: t(`methods.state.${blocked ? 'blocked' : state}`),
      }}
      action={
        editable && state === 'missing' ? (
          <Button kind="link" href={setUp} label={labelOf('registration.setUp')}>
            {t('registration.setUp')}
          </Button>
        ) : (
          <>
            {editable && (
              <Button kind="link" href={setUp} label={labelOf('registration.change')}>
                {t('registration.change')}
              </Button>
            )}
            {removable && method && (
              <Button
                kind="link"
                href={`/security-info/methods/${ownId(visit.act, visit.session, method.id)}/removal`}
                label={labelOf('registration.remove')}
              >
                {t('registration.remove')}
              </Button>
            )}
          </>
        )
      }
    />
  )
}

/** Thanks for the saved method, and suggests the next one. */
export function thanksPage(visit: SignedInVisit, { session, info }: SecurityInfoSession): PageContent {
  const { t } = visit.locale
  const missing = info.required - info.registered
  const more = info.entries.some(entry => entry.editable && entry.state === 'missing')
  return {
    title: t('registration.thanks.title'),
    outcome: 'success',
    children: (
      <>
        <Lead>{t('registration.thanks.lead')}</Lead>
        {missing > 0 ? (
          <p>{t('registration.needed', { count: missing })}</p>
        ) : (
          more && <p>{t('registration.backup')}</p>
        )}
        <Actions>
          {session.requires === null ? (
            <>
              <Button href={session.next ?? '/account'}>{t('registration.finish')}</Button>
              {more && (
                <Button kind="secondary" href="/security-info">
                  {t('registration.thanks.more')}
                </Button>
              )}
            </>
          ) : (
            <Button href="/security-info">{t('registration.thanks.go')}</Button>
          )}
        </Actions>
      </>
    ),
  }
}

/** Asks before a method is taken off the record. Throws `not_found`. */
export function removalPage(
  visit: SignedInVisit,
  own: SecurityInfoSession,
  id: string,
  problem?: Refusal,
): PageContent {
  const { t } = visit.locale
  const { kind, method, editable, removable } = getOwn(visit.act, own, id)
  if (!removable) throw refuse('not_found')
  return {
    title: t('registration.removal.title'),
    problem,
    children: (
      <>
        <Lead>
          {t('registration.removal.lead', { kind: t(`methods.kind.${kind}`), hint: ownValue(visit.act, method) ?? '' })}
        </Lead>
        {editable && own.info.registered <= own.info.required && <p>{t('registration.removal.last')}</p>}
        <Form action={`/security-info/methods/${id}/removal`}>
          <Actions>
            <Button kind="danger">{t('registration.removal.remove')}</Button>
            <Button kind="link" href="/security-info">
              {t('registration.removal.keep')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}
