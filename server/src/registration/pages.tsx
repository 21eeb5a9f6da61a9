import { usedCodeNotice } from '../challenges/challengePages.tsx'
import { changedNotice, formErrors, type PageContent, type SignedInVisit } from '../http/index.ts'
import { ownValue } from '../methods/index.ts'
import {
  Actions,
  Button,
  Details,
  Form,
  HelpLink,
  Lead,
  MethodList,
  PasskeysOnRecord,
  PasskeyWay,
  PasskeyWithout,
} from '../pages/index.ts'
import { PASSKEYS_AT_MOST, type Passkey, passkeysOnRecord } from '../passkeys/index.ts'
import { stepKinds } from '../policies/index.ts'
import type { Refusal } from '../refusals.ts'
import type { Session } from '../sessions/index.ts'
import type { SecurityInfoSession } from './change.ts'
import { refuse } from './errors.ts'
import { MakePasskey, passkeyName } from './passkeyPages.tsx'
import { ownerOfPasskeys } from './passkeysOf.ts'
import { getOwn, ownId } from './review.ts'
import { AddPasskeyRow, EntryRow, PasskeyRow } from './rowPages.tsx'
import { mayPutOff, type SecurityInfo } from './state.ts'

/** Every method that the policy offers or the person still has, with its state and actions. At sign-in the page says why it is shown. */
export function overviewPage(
  visit: SignedInVisit,
  { session, info }: SecurityInfoSession,
  passkeys: readonly Passkey[],
  problem?: Refusal,
): PageContent {
  const { t } = visit.locale
  const { requires } = session
  const isOffered = offersPasskey(session, info)
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
    scripts: ['times', 'passkey'],
    problem,
    errors: formErrors(visit, problem),
    children: (
      <>
        <Lead>{lead}</Lead>
        {/* Methods that wait to be confirmed are enough, though none is registered yet. */}
        {info.required > 0 && requires !== 'confirm' && (
          <p>
            {missing > 0
              ? t(info.registered > 0 ? 'registration.needed' : 'registration.first', { count: missing })
              : t('registration.enough')}
          </p>
        )}
        {isOffered && (
          <PasskeyWay>
            <p>{t('registration.passkey.offer')}</p>
            <MakePasskey locale={visit.locale} />
            <p>{t('registration.passkey.orElse')}</p>
          </PasskeyWay>
        )}
        <MethodList>
          {info.entries
            .filter(({ kind }) => !(isOffered && kind === 'passkey'))
            .flatMap(entry => {
              const waits = info.step.waiting.some(({ id }) => id === entry.method?.id)
              return entry.kind === 'passkey' && entry.method
                ? [
                    ...passkeys.map(passkey => (
                      <PasskeyRow key={passkey.id} visit={visit} entry={entry} passkey={passkey} waits={waits} />
                    )),
                    ...(entry.editable && passkeys.length < PASSKEYS_AT_MOST
                      ? [<AddPasskeyRow key="add" locale={visit.locale} />]
                      : []),
                  ]
                : [<EntryRow key={entry.kind} visit={visit} entry={entry} waits={waits} />]
            })}
        </MethodList>
        <PasskeyWithout locale={visit.locale} />
        <PasskeysOnRecord {...passkeysOnRecord(visit.services, ownerOfPasskeys(session.user), passkeys)} />
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
          <p>
            <HelpLink locale={visit.locale} to={requires === null ? 'new-phone' : 'register'} />
          </p>
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

/** Whether the page offers a passkey before all other ways: where it is one that a sign-in asks to register. */
const offersPasskey = ({ requires }: Session, { entries, policy, step, signIn }: SecurityInfo): boolean =>
  requires === 'register' &&
  entries.some(({ kind, state }) => kind === 'passkey' && state === 'missing') &&
  (step.isMissing ? stepKinds(signIn, policy.administrator) : policy.settings.methods).includes('passkey')

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

/** Asks before a method or a passkey is taken off the record. Throws `not_found`. */
export function removalPage(
  visit: SignedInVisit,
  own: SecurityInfoSession,
  passkeys: readonly Passkey[],
  problem?: Refusal,
): PageContent {
  const { t } = visit.locale
  const id = visit.params.id ?? ''
  const passkey = passkeys.find(one => ownId(visit.act, own.session, one.id) === id)
  const { kind, method, editable, removable } = passkey
    ? own.info.entries.find(one => one.kind === 'passkey')!
    : getOwn(visit.act, own, id)
  if (!removable) throw refuse('not_found')
  // The last passkey takes the way with it; one of several leaves it.
  const isLast = !passkey || passkeys.length === 1
  return {
    title: t(passkey ? 'registration.passkey.removalTitle' : 'registration.removal.title'),
    problem,
    children: (
      <>
        <Lead>
          {passkey
            ? t('registration.passkey.removalLead', { name: passkeyName(visit.locale, passkey) })
            : t('registration.removal.lead', {
                kind: t(`methods.kind.${kind}`),
                hint: (method && ownValue(visit.act, method)) ?? '',
              })}
        </Lead>
        {editable && isLast && own.info.registered <= own.info.required && <p>{t('registration.removal.last')}</p>}
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
