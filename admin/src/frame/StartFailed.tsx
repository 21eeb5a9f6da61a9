import { Button } from '@fluentui/react-components'
import { changeAccount } from '../api/session.ts'
import { t } from '../words.ts'

/** What stands where the application could not begin. */
export function StartFailed() {
  return (
    <main className="alone">
      <h1>{t('admin.frame.startFailed.title')}</h1>
      <p>{t('admin.frame.startFailed.detail')}</p>
      <div className="acts">
        <Button appearance="primary" onClick={() => location.reload()}>
          {t('admin.frame.tryAgain')}
        </Button>
        <Button onClick={() => void changeAccount()}>{t('admin.frame.signInAgain')}</Button>
      </div>
    </main>
  )
}
