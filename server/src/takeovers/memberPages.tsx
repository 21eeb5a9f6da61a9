import type { ReactNode } from 'react'
import { errorOf, type PageContent, typed, type Visit } from '../http/index.ts'
import { Actions, Button, DefinitionList, Form, type FormError, Lead, Sentence, TextArea } from '../pages/index.ts'
import { LONGEST_REASON, type Takeover } from './takeover.ts'

/** What somebody sees who was there: who claims, until when, and how to stop it. */
export function memberPage(
  visit: Visit,
  takeover: Takeover,
  errors: readonly FormError[],
): Omit<PageContent, 'problem' | 'errors'> {
  const { t } = visit.locale
  const { id, kind, state, domain, address, endsAt, undoUntil, company } = takeover
  const isOpen = state === 'waiting' || state === 'ready' || undoUntil !== null
  const step = undoUntil ? 'undo' : 'objection'
  return {
    title: t(company ? 'takeovers.taking.member.title' : 'takeovers.member.title'),
    scripts: ['times'],
    children: (
      <>
        {state === 'disputed' || isOpen ? (
          <Until
            visit={visit}
            at={endsAt}
            say={when => {
              if (state === 'disputed') return t('takeovers.member.disputed', { when })
              const at = undoUntil ? 'finished' : 'waiting'
              return company
                ? t(`takeovers.taking.member.${at}`, { when, domain, company })
                : t(`takeovers.member.${at}`, { when, domain })
            }}
          />
        ) : (
          <Lead>{overOf(visit, takeover)}</Lead>
        )}
        <DefinitionList
          items={[
            { term: t('takeovers.start.domain'), description: <bdi>{domain}</bdi> },
            { term: t('takeovers.member.claimant'), description: <bdi>{address}</bdi> },
          ]}
        />
        {isOpen && (
          <Form action={`/takeovers/${id}/${step}`}>
            {!undoUntil && (
              <TextArea
                name="reason"
                label={t('takeovers.member.reason')}
                hint={t('takeovers.member.reasonHint')}
                value={typed(visit, 'reason')}
                error={errorOf(errors, 'reason')}
                maxLength={LONGEST_REASON}
              />
            )}
            <Actions>
              <Button>{t(undoUntil ? 'takeovers.member.undo' : 'takeovers.member.object')}</Button>
            </Actions>
          </Form>
        )}
        {kind === 'recovery' ? (
          <p className="hint">{t('takeovers.member.administrator')}</p>
        ) : (
          <>
            <p className="hint">{t('takeovers.member.own')}</p>
            <Actions>
              <Button kind="link" href="/account/export">
                {t('takeovers.member.export')}
              </Button>
              <Button kind="link" href="/account/closure">
                {t('takeovers.member.close')}
              </Button>
            </Actions>
          </>
        )}
      </>
    ),
  }
}

function overOf({ locale: { t } }: Visit, { state, domain, company }: Takeover): string {
  const at = state === 'finished' ? 'settled' : 'over'
  return company ? t(`takeovers.taking.member.${at}`, { domain, company }) : t(`takeovers.member.${at}`, { domain })
}

/** What lasts until a moment. */
export const Until = ({ visit, at, say }: { visit: Visit; at: Date; say(when: string): string }): ReactNode => (
  <Lead>
    <Sentence say={say}>
      <time dateTime={at.toISOString()}>{visit.locale.dateTime(at)}</time>
    </Sentence>
  </Lead>
)
