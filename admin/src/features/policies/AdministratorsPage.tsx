import './policies.css'
import { Link } from '@tanstack/react-router'
import { LearnMore } from '../../parts/LearnMore.tsx'
import { t } from '../../words.ts'

/** What always holds for administrators (self-service password reset, §3.7): to read, never to change. */
export function AdministratorsPage() {
  return (
    <div className="page">
      <nav className="crumbs" aria-label={t('admin.policies.crumbs')}>
        <Link to="/password-reset/policies">{t('admin.policies.title')}</Link>
      </nav>
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t('admin.policies.administrators.title')}</h1>
          <p>{t('admin.policies.administrators.intro')}</p>
          <LearnMore topic="in-detail" />
        </div>
      </div>
      <dl className="facts facts-wide">
        {(['enabled', 'gates', 'methods', 'proved', 'signIn', 'notices'] as const).map(fact => (
          <div key={fact}>
            <dt>{t(`admin.policies.administrators.facts.${fact}`)}</dt>
            <dd>{t(`admin.policies.administrators.values.${fact}`)}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
