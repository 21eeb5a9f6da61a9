import type { PageContent, Visit } from '../http/index.ts'
import { Actions, Button, Form, Lead, Sentence } from '../pages/index.ts'
import type { LinkPurpose } from './links.ts'

/** What a link is for, and the button that opens it. */
export function linkPage(
  visit: Visit,
  {
    purpose,
    expiresAt,
  }: {
    purpose: LinkPurpose | 'stop' | 'case' | 'join' | 'start' | 'signup' | 'check' | 'takeover' | 'rescue' | 'mailbox'
    expiresAt: Date
  },
): PageContent {
  const { t, dateTime } = visit.locale
  return {
    title: t(`links.${purpose}.title`),
    scripts: ['times'],
    children: (
      <>
        <Lead>{t(`links.${purpose}.lead`)}</Lead>
        <p className="hint">
          <Sentence
            say={when =>
              t(
                ['stop', 'case', 'join', 'start', 'signup', 'check', 'takeover', 'rescue', 'mailbox'].includes(purpose)
                  ? 'links.until'
                  : 'links.expires',
                {
                  when,
                },
              )
            }
          >
            <time dateTime={expiresAt.toISOString()}>{dateTime(expiresAt)}</time>
          </Sentence>
        </p>
        <Form action={visit.path}>
          <Actions>
            <Button>{t(`links.${purpose}.open`)}</Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** That a mailbox gets no such mail any more. */
export const stoppedPage = ({ locale: { t } }: Visit): PageContent => ({
  title: t('links.stopped.title'),
  outcome: 'success',
  children: <p>{t('links.stopped.lead')}</p>,
})

/** That a firm's mailbox is proved. */
export const provedPage = ({ locale: { t } }: Visit): PageContent => ({
  title: t('links.proved.title'),
  outcome: 'success',
  children: <p>{t('links.proved.lead')}</p>,
})

/** What would be stopped and what goes on, or that it is stopped. It names nobody: mails are passed on. */
export function announcementStopPage(
  visit: Visit,
  { organization, isStopped }: { organization: string; isStopped: boolean },
): PageContent {
  const { t } = visit.locale
  if (isStopped)
    return {
      title: t('links.announcementsStopped.title'),
      outcome: 'success',
      children: <p>{t('links.announcementsStopped.lead', { organization })}</p>,
    }
  return {
    title: t('links.announcements.title'),
    children: (
      <>
        <Lead>{t('links.announcements.lead', { organization })}</Lead>
        <Form action={visit.path}>
          <Actions>
            <Button>{t('links.announcements.open')}</Button>
          </Actions>
        </Form>
      </>
    ),
  }
}
