import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, Outlet, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { PagedTable } from '../../parts/PagedTable.tsx'
import { day, t } from '../../words.ts'
import { AddWebhook } from './AddWebhook.tsx'
import { nameOfChanges, nameOfResource } from './names.ts'
import { webhooks } from './queries.ts'

/** The programs that are told of changes. */
export function WebhooksPage() {
  const opens = useRestoreFocusTarget()
  const { webhook: open } = useParams({ strict: false }) as { webhook?: string }
  const list = useInfiniteQuery(webhooks)
  const [isAdding, setAdding] = useState(false)
  return (
    <div className={open ? 'split split-open' : 'split'}>
      <div className="page">
        <div className="head">
          <div>
            <h1 tabIndex={-1}>{t('admin.webhooks.title')}</h1>
            <p>{t('admin.webhooks.lead')}</p>
          </div>
          <Button {...opens} appearance="primary" icon={<AddRegular />} onClick={() => setAdding(true)}>
            {t('admin.webhooks.add.open')}
          </Button>
        </div>
        <PagedTable
          label={t('admin.webhooks.title')}
          list={list}
          open={open}
          columns={[
            {
              title: t('admin.webhooks.columns.what'),
              cell: row => (
                <Link
                  to="/webhooks/$webhook"
                  params={{ webhook: row.id }}
                  className="two-lines"
                  id={`webhook-${row.id}`}
                  {...(row.id === open && { 'aria-current': 'true' })}
                >
                  <b>{nameOfResource(row.resource)}</b>
                  <small>{new URL(row.notificationUrl).host}</small>
                </Link>
              ),
            },
            { title: t('admin.webhooks.columns.changes'), cell: row => nameOfChanges(row.changeType) },
            { title: t('admin.webhooks.columns.ends'), cell: row => day(row.expirationDateTime) },
          ]}
          empty={<p className="empty">{t('admin.webhooks.none')}</p>}
          foot={(shown, count) => t('admin.webhooks.shown', { count, shown })}
        />
      </div>
      <Outlet />
      {isAdding && <AddWebhook close={() => setAdding(false)} />}
    </div>
  )
}
