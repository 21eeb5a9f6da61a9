import { NavigationRegular, SearchRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { Outlet, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { allowedActions, delegatedAccess, organization } from '../api/queries.ts'
import { late } from '../parts/late.tsx'
import { Refused } from '../parts/Refused.tsx'
import { t } from '../words.ts'
import { ConfirmItIsYou } from './ConfirmItIsYou.tsx'
import { Lost } from './Lost.tsx'
import { Nav } from './Nav.tsx'
import { NoRole } from './NoRole.tsx'
import { OwnAct } from './OwnAct.tsx'
import { closedPlace, isIn, type Place, placesFor } from './places.ts'
import { useShortcuts } from './useShortcuts.ts'

// They come when they are asked for: a first load needs neither.
const Palette = lazy(() => late(() => import('./Palette.tsx'), 'Palette'))
const ShortcutList = lazy(() => late(() => import('./ShortcutList.tsx'), 'ShortcutList'))
const NotYours = lazy(() => late(() => import('./NotYours.tsx'), 'NotYours'))
// Only who acts in a customer needs it.
const ActingBar = lazy(() => late(() => import('./ActingBar.tsx'), 'ActingBar'))
// Home opens no dialog by itself. Where this part does not come, dialogs do not come either.
const HeldFocus = lazy(() =>
  import('./HeldFocus.tsx').then(
    ({ HeldFocus }) => ({ default: HeldFocus }),
    () => ({ default: () => null }),
  ),
)

/** What stands around every page: the navigation, the bars that tell a lost session or network, and the dialogs of all. */
export function Frame() {
  const { data: allowed, error } = useQuery(allowedActions)
  const { data: acting } = useQuery(delegatedAccess)
  // Not every relationship opens what there is to read of a customer.
  const { data: own } = useQuery({ ...organization, enabled: acting === null })
  const company = (acting?.customer ?? own)?.displayName ?? ''
  const drawer = useRef<HTMLDialogElement>(null)
  const [isOpen, setOpen] = useState(false)
  const path = useRouterState({ select: ({ location }) => location.pathname })
  // A page that was gone to closes the drawer that led there; the focus goes on to its heading then.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is what changed
  useEffect(() => drawer.current?.close(), [path])
  useFocusOnHeading(path)
  useEffect(() => {
    if (isOpen) drawer.current?.showModal()
  }, [isOpen])
  const [asked, setAsked] = useState<'palette' | 'list'>()
  const [holdsFocus, setHoldsFocus] = useState(false)
  if (!holdsFocus && (path !== '/' || asked)) setHoldsFocus(true)
  const actions = useMemo(() => new Set(allowed?.value), [allowed])
  useTitle(actions, path)
  const closed = useClosed(allowed && actions, path)
  const ask = useCallback((what: 'palette' | 'list') => {
    // Nothing can be reached beside the open drawer.
    drawer.current?.close()
    setAsked(what)
  }, [])
  const openPalette = useCallback(() => ask('palette'), [ask])
  const openList = useCallback(() => ask('list'), [ask])
  useShortcuts({ actions, openPalette, openList })
  // What was read before stays, whatever became of reading it anew.
  if (!allowed) return error ? <Refused error={error} /> : <FirstFrame />
  if (!acting && allowed.roles.length === 0 && !allowed.value.some(isPartners)) return <NoRole />
  const nav = <Nav {...{ actions, path, openPalette, openList }} company={company} />
  return (
    <>
      <a className="skip" href="#page">
        {t('admin.frame.skip')}
      </a>
      <aside className="side">{nav}</aside>
      <header className="top">
        <button
          type="button"
          className="quiet"
          aria-label={t('admin.frame.menu')}
          aria-expanded={isOpen}
          onClick={() => setOpen(true)}
        >
          <NavigationRegular className="picture" />
        </button>
        <b>{company}</b>
        <button type="button" className="quiet last" aria-label={t('admin.frame.palette.open')} onClick={openPalette}>
          <SearchRegular className="picture" />
        </button>
      </header>
      <dialog
        ref={drawer}
        className="drawer"
        closedby="any"
        aria-label={t('admin.frame.menu')}
        onClose={() => setOpen(false)}
      >
        {isOpen && nav}
      </dialog>
      <main className="sheet" id="page" tabIndex={-1}>
        <Lost />
        {acting && (
          <Suspense>
            <ActingBar acting={acting} />
          </Suspense>
        )}
        {closed ? (
          <Suspense>
            <NotYours place={closed} />
          </Suspense>
        ) : (
          <Outlet />
        )}
        <OwnAct />
      </main>
      <ConfirmItIsYou />
      <Suspense>{holdsFocus && <HeldFocus />}</Suspense>
      <Suspense>
        {asked === 'palette' && <Palette actions={actions} close={() => setAsked(undefined)} />}
        {asked === 'list' && <ShortcutList actions={actions} close={() => setAsked(undefined)} />}
      </Suspense>
    </>
  )
}

/** Whether an action is one of a firm as a partner: its people need no other role. */
const isPartners = (action: string) => action.startsWith('partner.')

/** What is seen while the sign-in is still on its way: the page's own ground, so that nothing jumps when it fills. */
const FirstFrame = () => (
  <>
    <div className="side" />
    <div className="sheet" />
  </>
)

/** The place that is not opened, judged when one goes there: a role that is lost meanwhile takes nothing that was typed. */
function useClosed(actions: ReadonlySet<string> | undefined, path: string): Place | undefined {
  const [at, setAt] = useState<{ path: string; closed: Place | undefined }>()
  if (actions && at?.path !== path) setAt({ path, closed: closedPlace(path, actions) })
  return at?.path === path ? at.closed : undefined
}

/** Names the page's place in the tab, so that tabs and the history tell pages apart; nobody's name stands there. */
function useTitle(actions: ReadonlySet<string>, path: string) {
  useEffect(() => {
    const place = placesFor(actions)
      .flatMap(({ places }) => places)
      .find(({ to }) => isIn(path, to))
    document.title = place ? `${t(place.words)} · Latchkey` : 'Latchkey'
  }, [actions, path])
}

/** Moves the focus to the heading of a page that was gone to, as a loaded page would be read from its beginning. */
function useFocusOnHeading(path: string) {
  const first = useRef(path)
  useEffect(() => {
    if (first.current === path) return
    first.current = path
    // An address that names a setting leads to that.
    if (location.hash === '') document.querySelector<HTMLElement>('h1')?.focus()
  }, [path])
}
