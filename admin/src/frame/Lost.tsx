import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle } from '@fluentui/react-components'
import { onlineManager } from '@tanstack/react-query'
import { useState, useSyncExternalStore } from 'react'
import { queries } from '../api/queries.ts'
import { isLost, onSession, SignInFailed, signInAgain, signInHere } from '../api/session.ts'
import { keepDrafts } from '../parts/drafts.ts'
import { t } from '../words.ts'

/** Tells that the session or the network is gone, while everything that was typed stays where it is. */
export function Lost() {
  const lost = useSyncExternalStore(onSession, () => isLost)
  const online = useSyncExternalStore(
    listener => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  )
  const [failed, setFailed] = useState<'failed' | 'blocked'>()
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
    setFailed(undefined)
    try {
      await signInAgain()
      await queries.invalidateQueries()
    } catch (error) {
      setFailed(error instanceof SignInFailed && error.code === 'popup_blocked' ? 'blocked' : 'failed')
    }
  }
  const here = () => {
    keepDrafts()
    void signInHere()
  }
  const isBlocked = failed === 'blocked'
  return (
    <MessageBar intent="warning">
      <MessageBarBody>
        <MessageBarTitle>{t('admin.frame.lost.title')}</MessageBarTitle> {t(`admin.frame.lost.${failed ?? 'detail'}`)}
      </MessageBarBody>
      <MessageBarActions>
        <Button onClick={isBlocked ? here : () => void again()}>
          {t(isBlocked ? 'admin.frame.here' : 'admin.frame.signInAgain')}
        </Button>
      </MessageBarActions>
    </MessageBar>
  )
}
