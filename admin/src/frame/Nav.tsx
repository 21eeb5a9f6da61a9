import { ChevronUpDownRegular, SearchRegular } from '@fluentui/react-icons'
import { Link } from '@tanstack/react-router'
import { changeAccount, currentSession, signOut } from '../api/session.ts'
import { t } from '../words.ts'
import { Bell } from './Bell.tsx'
import { placesFor } from './places.ts'
import { Unfold } from './Unfold.tsx'

interface Shown {
  actions: ReadonlySet<string>
  company: string
  path: string
  openPalette: () => void
  openList: () => void
}

/** The company, the pages that one's roles open, and oneself. */
export function Nav({ actions, company, path, openPalette, openList }: Shown) {
  return (
    <>
      <div className="company">
        <span className="letter" aria-hidden="true">
          {company.slice(0, 1).toUpperCase()}
        </span>
        <b>{company}</b>
      </div>
      <div className="tools">
        <button type="button" className="anything" onClick={openPalette}>
          <SearchRegular className="picture" /> <span>{t('admin.frame.palette.open')}</span> <kbd>Ctrl K</kbd>
        </button>
        <Bell actions={actions} />
      </div>
      <nav className="nav" aria-label={t('admin.frame.menu')}>
        {placesFor(actions).map(({ words, places }) => (
          <div key={words ?? ''}>
            {words && <h2>{t(words)}</h2>}
            <ul>
              {places.map(({ to, words, icon: Icon }) => (
                <li key={to}>
                  <Link to={to} preload="intent" {...(isIn(path, to) && { 'aria-current': 'page' })}>
                    <Icon />
                    {t(words)}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <Me openList={openList} />
    </>
  )
}

const isIn = (path: string, to: string) => path === to || (to !== '/' && path.startsWith(`${to}/`))

function Me({ openList }: { openList: () => void }) {
  const { name = '', userName = '' } = currentSession() ?? {}
  const own = [
    [t('admin.frame.changeAccount'), () => void changeAccount()],
    [t('admin.frame.shortcuts.title'), openList],
    [t('admin.frame.signOut'), signOut],
  ] as const
  return (
    <Unfold
      className="me"
      button={
        <>
          <span className="letter" aria-hidden="true">
            {name.slice(0, 1).toUpperCase()}
          </span>
          <span>
            <b>{name}</b>
            <small>{userName}</small>
          </span>
          <ChevronUpDownRegular />
        </>
      }
    >
      <ul className="choices">
        <li>
          <a href="/account">{t('admin.frame.myAccount')}</a>
        </li>
        {own.map(([name, act]) => (
          <li key={name}>
            <button type="button" onClick={act}>
              {name}
            </button>
          </li>
        ))}
      </ul>
    </Unfold>
  )
}
