import { changeAccount } from '../api/session.ts'
import { t } from '../words.ts'

/** What a person without a role sees, in place of a page that is refused bit by bit. */
export function NoRole() {
  return (
    <main className="alone">
      <h1>{t('admin.frame.noRole.title')}</h1>
      <p>{t('admin.frame.noRole.detail')}</p>
      <div className="acts">
        <a href="/account">{t('admin.frame.myAccount')}</a>
        <button type="button" className="link-button" onClick={() => void changeAccount()}>
          {t('admin.frame.changeAccount')}
        </button>
      </div>
    </main>
  )
}
