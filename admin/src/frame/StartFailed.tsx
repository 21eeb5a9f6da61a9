import { changeAccount } from '../api/session.ts'
import { t } from '../words.ts'

/** What stands where the application could not begin. */
export function StartFailed() {
  return (
    <main className="alone">
      <h1>{t('admin.frame.startFailed.title')}</h1>
      <p>{t('admin.frame.startFailed.detail')}</p>
      <div className="acts">
        <button type="button" className="link-button" onClick={() => location.reload()}>
          {t('admin.frame.tryAgain')}
        </button>
        <button type="button" className="link-button" onClick={() => void changeAccount()}>
          {t('admin.frame.signInAgain')}
        </button>
      </div>
    </main>
  )
}
