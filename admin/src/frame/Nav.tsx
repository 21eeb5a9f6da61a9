import {
  Avatar,
  Button,
  Menu,
  MenuItem,
  MenuItemLink,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components'
import { ChevronUpDownRegular, SearchRegular } from '@fluentui/react-icons'
import { Link } from '@tanstack/react-router'
import { changeAccount, currentSession, signOut } from '../api/session.ts'
import { t } from '../words.ts'
import { Bell } from './Bell.tsx'
import { placesFor } from './places.ts'

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
        <Button className="anything" icon={<SearchRegular />} onClick={openPalette}>
          <span>{t('admin.frame.palette.open')}</span> <kbd>Ctrl K</kbd>
        </Button>
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
  return (
    <Menu>
      <MenuTrigger>
        <button type="button" className="me">
          <Avatar name={name} size={28} color="brand" aria-hidden="true" />
          <span>
            <b>{name}</b>
            <small>{userName}</small>
          </span>
          <ChevronUpDownRegular />
        </button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItemLink href="/account">{t('admin.frame.myAccount')}</MenuItemLink>
          <MenuItem onClick={() => void changeAccount()}>{t('admin.frame.changeAccount')}</MenuItem>
          <MenuItem onClick={openList}>{t('admin.frame.shortcuts.title')}</MenuItem>
          <MenuItem onClick={signOut}>{t('admin.frame.signOut')}</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
