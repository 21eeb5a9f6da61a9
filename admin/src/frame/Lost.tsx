import { onlineManager } from '@tanstack/react-query'
import { useState, useSyncExternalStore } from 'react'
import { queries } from '../api/queries.ts'
import { isLost, onSession, SignInFailed, signInAgain, signInHere } from '../api/session.ts'
import { keepDrafts } from '../parts/drafts.ts'
import { Told } from '../parts/Told.tsx'
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
      <Told kind="warning" title={t('admin.frame.offline.title')}>
        {t('admin.frame.offline.detail')}
      </Told>
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
    <Told
      kind="warning"
      title={t('admin.frame.lost.title')}
      act={
        <button type="button" className="link-button" onClick={isBlocked ? here : () => void again()}>
          {t(isBlocked ? 'admin.frame.here' : 'admin.frame.signInAgain')}
        </button>
      }
    >
      {t(`admin.frame.lost.${failed ?? 'detail'}`)}
    </Told>
  )
}
