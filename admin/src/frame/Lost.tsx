import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle } from '@fluentui/react-components'
import { onlineManager } from '@tanstack/react-query'
import { useState, useSyncExternalStore } from 'react'
import { queries } from '../api/queries.ts'
import { isLost, onSession, signInAgain } from '../api/session.ts'
import { t } from '../words.ts'

/** Tells that the session or the network is gone, while everything that was typed stays where it is. */
export function Lost() {
  const lost = useSyncExternalStore(onSession, () => isLost)
  const online = useSyncExternalStore(
    listener => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  )
  const [failed, setFailed] = useState(false)
  if (!online)
    return (
      <MessageBar intent="warning">
        <MessageBarBody>
          <MessageBarTitle>{t('admin.frame.offline.title')}</MessageBarTitle> {t('admin.frame.offline.detail')}
        </MessageBarBody>
      </MessageBar>
    )
  if (!lost) return null
  const again = async () => {
    setFailed(false)
    try {
      await signInAgain()
      await queries.invalidateQueries()
    } catch {
      setFailed(true)
    }
  }
  return (
    <MessageBar intent="warning">
      <MessageBarBody>
        <MessageBarTitle>{t('admin.frame.lost.title')}</MessageBarTitle>{' '}
        {t(failed ? 'admin.frame.lost.failed' : 'admin.frame.lost.detail')}
      </MessageBarBody>
      <MessageBarActions>
        <Button onClick={() => void again()}>{t('admin.frame.signInAgain')}</Button>
      </MessageBarActions>
    </MessageBar>
  )
}
