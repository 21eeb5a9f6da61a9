import type { SignedInVisit } from '../http/index.ts'
import { ownValue } from '../methods/index.ts'
import { Button, Day, type IconName, MethodRow, Sentence } from '../pages/index.ts'
import type { Passkey } from '../passkeys/index.ts'
import { FEW_CODES } from '../policies/index.ts'
import type { Locale } from '../words/index.ts'
import { passkeyName } from './passkeyPages.tsx'
import { ownId } from './review.ts'
import type { SecurityInfoEntry } from './state.ts'

const icons: Record<SecurityInfoEntry['kind'], IconName> = {
  passkey: 'key',
  mobilePhone: 'phone',
  officePhone: 'officePhone',
  email: 'mail',
  securityQuestions: 'questions',
  authenticatorCode: 'app',
  recoveryCode: 'sheet',
}

/** One kind of method, its state and what can be done about it. `waits`: a sign-in does not ask for it as the second step yet. */
export function EntryRow({ visit, entry, waits }: { visit: SignedInVisit; entry: SecurityInfoEntry; waits: boolean }) {
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
            <EntryNotes visit={visit} entry={entry} waits={waits} />
          </>
        )
      }
      badge={badgeOf(visit, entry)}
      passkeyWay={kind === 'passkey'}
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

/** What keeps a method from being used. */
function EntryNotes({
  visit: { locale },
  entry,
  waits,
}: {
  visit: SignedInVisit
  entry: SecurityInfoEntry
  waits: boolean
}) {
  const { t } = locale
  const blocked = Boolean(entry.method?.blockedAt)
  return (
    <>
      {blocked && (
        <span className="row-note">
          {entry.editable ? t('registration.blocked') : t('registration.blockedForAdministrator')}
        </span>
      )}
      {waits && !blocked && <span className="row-note">{t('registration.byPassword')}</span>}
    </>
  )
}

const badgeOf = ({ locale: { t } }: SignedInVisit, { state, method }: SecurityInfoEntry) => {
  const blocked = Boolean(method?.blockedAt)
  const isLow = (method?.codesLeft ?? FEW_CODES) < FEW_CODES
  const tone =
    blocked || isLow ? 'warning' : state === 'registered' ? 'success' : state === 'prefilled' ? 'info' : 'neutral'
  return { tone, text: t(`methods.state.${blocked ? 'blocked' : state}`) } as const
}

/** One passkey: where it is, its days, and its two acts. */
export function PasskeyRow({
  visit,
  entry,
  passkey,
  waits,
}: {
  visit: SignedInVisit
  entry: SecurityInfoEntry
  passkey: Passkey
  waits: boolean
}) {
  const { act, session, locale } = visit
  const { t } = locale
  const { synced, createdAt, lastUsedAt } = passkey
  const id = ownId(act, session, passkey.id)
  const name = passkeyName(locale, passkey)
  const labelOf = (act: 'registration.passkey.rename' | 'registration.remove') =>
    t('registration.act', { act: t(act), method: name })
  return (
    <MethodRow
      icon={icons.passkey}
      label={name}
      badge={badgeOf(visit, entry)}
      hint={
        <>
          {t(synced ? 'registration.passkey.synced' : 'registration.passkey.bound')}
          <br />
          <Sentence say={date => t('registration.passkey.createdAt', { date })}>
            <Day locale={locale} at={createdAt} />
          </Sentence>
          {' · '}
          {lastUsedAt ? (
            <Sentence say={date => t('registration.passkey.usedAt', { date })}>
              <Day locale={locale} at={lastUsedAt} />
            </Sentence>
          ) : (
            t('registration.passkey.unused')
          )}
          <EntryNotes visit={visit} entry={entry} waits={waits} />
        </>
      }
      action={
        <>
          <Button
            kind="link"
            href={`/security-info/passkeys/${id}/name`}
            label={labelOf('registration.passkey.rename')}
          >
            {t('registration.passkey.rename')}
          </Button>
          <Button kind="link" href={`/security-info/methods/${id}/removal`} label={labelOf('registration.remove')}>
            {t('registration.remove')}
          </Button>
        </>
      }
    />
  )
}

/** The way to one more passkey. */
export function AddPasskeyRow({ locale: { t } }: { locale: Locale }) {
  const name = t('registration.passkey.another')
  return (
    <MethodRow
      icon={icons.passkey}
      label={name}
      hint={t('registration.passkey.anotherHint')}
      action={
        <Button
          kind="link"
          href="/security-info/set-up/passkey"
          label={t('registration.act', { act: t('registration.setUp'), method: name })}
        >
          {t('registration.setUp')}
        </Button>
      }
      passkeyWay
    />
  )
}
