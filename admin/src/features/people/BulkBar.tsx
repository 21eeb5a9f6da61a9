import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useState } from 'react'
import { BulkDialog } from '../../parts/BulkDialog.tsx'
import type { BulkActName } from '../../parts/bulkActs.ts'
import { MoreActs } from '../../parts/MoreActs.tsx'
import { t } from '../../words.ts'
import type { Row } from './queries.ts'

/** How many acts have a button of their own. */
const FIRST = 4

interface Shown {
  rows: readonly Row[]
  offered: readonly BulkActName[]
  clear: () => void
}

/** What can be done to the people who were ticked. */
export function BulkBar({ rows, offered, clear }: Shown) {
  const opens = useRestoreFocusTarget()
  const [asked, setAsked] = useState<BulkActName>()
  return (
    <section className="bulk" aria-label={t('admin.bulk.region')}>
      <b role="status">{t('admin.bulk.ticked', { count: rows.length })}</b>
      {offered.slice(0, FIRST).map(name => (
        <Button key={name} {...opens} onClick={() => setAsked(name)}>
          {t(`admin.bulk.acts.${name}.open`)}
        </Button>
      ))}
      <MoreActs names={offered.slice(FIRST)} titleOf={name => t(`admin.bulk.acts.${name}.open`)} choose={setAsked} />
      <Button appearance="subtle" onClick={clear}>
        {t('admin.bulk.clear')}
      </Button>
      {asked && (
        <BulkDialog
          name={asked}
          rows={rows}
          close={isBegun => {
            setAsked(undefined)
            if (!isBegun) return
            clear()
            // The button that opened it goes with the bar.
            document.querySelector('h1')?.focus()
          }}
        />
      )}
    </section>
  )
}
