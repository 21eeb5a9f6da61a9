import { ChevronUpDownRegular, SearchRegular } from '@fluentui/react-icons'
import { useRouter } from '@tanstack/react-router'
import type { FocusEvent, MouseEvent, PointerEvent } from 'react'
import { changeAccount, currentSession, signOut } from '../api/session.ts'
import { t } from '../words.ts'
import { Bell } from './Bell.tsx'
import { isIn, placesFor } from './places.ts'
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
      <Links actions={actions} path={path} />
      <Me openList={openList} />
    </>
  )
}

/** The pages that one's roles open. Twenty links of the router take a slow processor longer than the rest of the frame. */
function Links({ actions, path }: Pick<Shown, 'actions' | 'path'>) {
  const router = useRouter()
  const follow = (event: MouseEvent) => {
    const to = placeOf(event.target)
    // Another tab or window is the browser's own affair.
    if (!to || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    void router.navigate({ to })
  }
  const preload = ({ target, relatedTarget }: FocusEvent | PointerEvent) => {
    const to = placeOf(target)
    // Within the same link the pointer only goes from its icon to its words.
    if (to && to !== placeOf(relatedTarget)) router.preloadRoute({ to }).catch(() => {})
  }
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a key on one of its links is a click
    <nav className="nav" aria-label={t('admin.frame.menu')} onClick={follow} onPointerOver={preload} onFocus={preload}>
      {placesFor(actions).map(({ words, places }) => (
        <div key={words ?? ''}>
          {words && <h2>{t(words)}</h2>}
          <ul>
            {places.map(({ to, words, icon: Icon }) => (
              <li key={to}>
                <a
                  href={`/admin${to === '/' ? '' : to}`}
                  data-to={to}
                  aria-current={isIn(path, to) ? 'page' : undefined}
                >
                  <Icon />
                  {t(words)}
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}

const placeOf = (target: EventTarget | null) =>
  target instanceof Element ? target.closest<HTMLElement>('[data-to]')?.dataset.to : undefined

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
