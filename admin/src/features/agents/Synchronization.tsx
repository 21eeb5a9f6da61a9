import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { CopyText } from '../../parts/CopyText.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { writeback } from '../../parts/writeback.ts'
import { exactly, moment, number, t } from '../../words.ts'
import { synchronization } from './queries.ts'
import { type Settings, useChange } from './useChange.ts'

/** Every setting but this one lets a synchronization turn off only some of the people at once. */
const OFF = 100
const USUAL = 20

const DRY_RUN = 'latchkey-agent sync --state /var/lib/latchkey-agent --once --dry-run'

/** How the synchronization stands. Where its brake has stopped it, one may let it go on. */
export function Synchronization({ mayWrite }: { mayWrite: boolean }) {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch } = useQuery(synchronization)
  const { data: settings } = useQuery(writeback)
  const [isReleasing, setReleasing] = useState(false)
  if (!data) return error ? <Refused error={error} again={() => void refetch()} /> : null
  const { status, brake, lastDoneDateTime, lastRunDateTime } = data
  const isOff = settings?.brakePercent === OFF
  return (
    <section className="card asked" aria-labelledby="synchronization">
      <h2 id="synchronization">{t('admin.agents.sync.title')}</h2>
      {brake ? (
        <div className="standing" role="status">
          {(brake.leaving > 0 || brake.groups.leaving === 0) && (
            <h3>{t('admin.agents.sync.stopped', { count: brake.leaving, of: number(brake.of) })}</h3>
          )}
          {brake.groups.leaving > 0 && (
            <h3>
              {t('admin.agents.sync.stoppedGroups', { count: brake.groups.leaving, of: number(brake.groups.of) })}
            </h3>
          )}
          <p>{t('admin.agents.sync.stoppedDetail')}</p>
        </div>
      ) : (
        status !== 'stopped' && <p>{t(`admin.agents.sync.${status}`)}</p>
      )}
      {isOff && settings && <BrakeOff settings={settings} mayWrite={mayWrite} />}
      <dl className="facts">
        <div>
          <dt>{t('admin.agents.sync.lastDone')}</dt>
          <dd {...(lastDoneDateTime && { title: exactly(lastDoneDateTime) })}>
            {lastDoneDateTime ? moment(lastDoneDateTime) : t('admin.agents.sync.notYet')}
          </dd>
        </div>
        {lastRunDateTime && (
          <div>
            <dt>{t('admin.agents.sync.lastRun')}</dt>
            <dd title={exactly(lastRunDateTime)}>{moment(lastRunDateTime)}</dd>
          </div>
        )}
        <div>
          <dt>{t('admin.agents.sync.dryRun')}</dt>
          <dd>
            <CopyText text={DRY_RUN} />
          </dd>
        </div>
      </dl>
      {mayWrite && brake && !isOff && (
        <div className="acts">
          <Button {...opens} onClick={() => setReleasing(true)}>
            {t('admin.agents.sync.release.open')}
          </Button>
        </div>
      )}
      {isReleasing && brake && settings && (
        <Release brake={brake} settings={settings} close={() => setReleasing(false)} />
      )}
    </section>
  )
}

/** A brake that stops nothing is told until it is set again. */
function BrakeOff({ settings, mayWrite }: { settings: Settings; mayWrite: boolean }) {
  const change = useChange()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => change({ brakePercent: USUAL }, settings['@odata.etag']),
  })
  return (
    <>
      {error && <Refused error={error} />}
      <p className="danger">{t('admin.agents.sync.open')}</p>
      {mayWrite && (
        <div className="acts">
          <Button disabledFocusable={isPending} onClick={() => mutate()}>
            {t('admin.agents.sync.close')}
          </Button>
        </div>
      )}
    </>
  )
}

interface Asked {
  brake: { leaving: number; of: number }
  settings: Settings
  close: () => void
}

function Release({ brake: { leaving, of }, settings, close }: Asked) {
  const change = useChange()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => change({ brakePercent: OFF }, settings['@odata.etag']),
    onSuccess: close,
  })
  return (
    <AskFirst
      title={t('admin.agents.sync.release.title', { people: number(leaving) })}
      verb={t('admin.agents.sync.release.verb')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.agents.sync.release.detail')}</p>
      {leaving === of && <p>{t('admin.agents.sync.release.everybody')}</p>}
    </AskFirst>
  )
}
