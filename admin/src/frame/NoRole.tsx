import { Button, Link } from '@fluentui/react-components'
import { changeAccount } from '../api/session.ts'
import { t } from '../words.ts'

/** What a person without a role sees, in place of a page that is refused bit by bit. */
export function NoRole() {
  return (
    <main className="alone">
      <h1>{t('admin.frame.noRole.title')}</h1>
      <p>{t('admin.frame.noRole.detail')}</p>
      <div className="acts">
        <Link href="/account">{t('admin.frame.myAccount')}</Link>
        <Button onClick={() => void changeAccount()}>{t('admin.frame.changeAccount')}</Button>
      </div>
    </main>
  )
}
