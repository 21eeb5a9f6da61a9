import { useBlocker } from '@tanstack/react-router'
import { t } from '../words.ts'
import { AskFirst } from './AskFirst.tsx'

interface Shown {
  /** Whether something is lost by leaving. */
  isChanged: boolean
  /** The pages that keep the changes begin with this address. */
  path?: string
}

/** Asks before a page is left whose changes are not saved. */
export function LeaveFirst({ isChanged, path }: Shown) {
  const leave = useBlocker({
    shouldBlockFn: ({ next }) => isChanged && !(path !== undefined && next.pathname.startsWith(path)),
    enableBeforeUnload: () => isChanged,
    withResolver: true,
  })
  if (leave.status !== 'blocked') return null
  return (
    <AskFirst
      title={t('admin.policies.leave.title')}
      verb={t('admin.policies.leave.verb')}
      act={leave.proceed}
      isActing={false}
      error={null}
      close={leave.reset}
    >
      <p>{t('admin.policies.leave.detail')}</p>
    </AskFirst>
  )
}
