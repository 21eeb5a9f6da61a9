import { Link } from '@tanstack/react-router'
import { t } from '../words.ts'

/** An address that the application does not have. */
export function NotHere() {
  return (
    <div className="page">
      <h1 tabIndex={-1}>{t('admin.frame.notHere.title')}</h1>
      <p>{t('admin.frame.notHere.detail')}</p>
      <Link to="/">{t('admin.frame.places.home')}</Link>
    </div>
  )
}
