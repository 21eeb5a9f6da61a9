import type { PageContent, SignedInVisit, Visit } from '../http/index.ts'
import { Actions, Banner, Button, Form, Lead } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'

/** Offers the person's data as a file, which stands in the page itself: it needs no script and no second request. */
export function exportPage(visit: SignedInVisit, data: unknown): PageContent {
  const { t } = visit.locale
  const file = `data:application/json;charset=utf-8,${encodeURIComponent(JSON.stringify(data))}`
  return {
    title: t('account.export.title'),
    children: (
      <>
        <Lead>{t('account.export.lead')}</Lead>
        <p>
          <a href={file} download="latchkey-account.json">
            {t('account.export.save')}
          </a>
        </p>
        <Actions>
          <Button kind="link" href="/account">
            {t('domains.back')}
          </Button>
        </Actions>
      </>
    ),
  }
}

/** Asks once more before an account is closed. */
export function closurePage(visit: SignedInVisit, problem?: Refusal): PageContent {
  const { t } = visit.locale
  return {
    title: t('account.closure.title'),
    problem,
    children: (
      <>
        <Lead>{t('account.closure.lead', { account: visit.session.user.userPrincipalName })}</Lead>
        <Banner tone="warning">{t('account.closure.warning')}</Banner>
        <Form action={visit.path}>
          <Actions>
            <Button kind="danger">{t('account.closure.go')}</Button>
            <Button kind="link" href="/account/export">
              {t('account.export.title')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** That an account is gone. */
export const closedPage = ({ locale: { t } }: Visit): PageContent => ({
  title: t('account.closed.title'),
  outcome: 'success',
  children: <p>{t('account.closed.lead')}</p>,
})
