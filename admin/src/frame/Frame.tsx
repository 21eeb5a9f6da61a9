import { Button, OverlayDrawer, Toaster } from '@fluentui/react-components'
import { NavigationRegular, SearchRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { Outlet, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { allowedActions, delegatedAccess, organization } from '../api/queries.ts'
import { Refused } from '../parts/Refused.tsx'
import { loadAllWords, t } from '../words.ts'
import { ConfirmItIsYou } from './ConfirmItIsYou.tsx'
import { Lost } from './Lost.tsx'
import { Nav } from './Nav.tsx'
import { NoRole } from './NoRole.tsx'
import { useShortcuts } from './useShortcuts.ts'

// They come when they are asked for: a first load needs neither.
const Palette = lazy(async () => {
  const [{ Palette }] = await Promise.all([import('./Palette.tsx'), loadAllWords()])
  return { default: Palette }
})
// Only who acts in a customer needs it.
const ActingBar = lazy(async () => {
  const [{ ActingBar }] = await Promise.all([import('./ActingBar.tsx'), loadAllWords()])
  return { default: ActingBar }
})
const ShortcutList = lazy(async () => ({ default: (await import('./ShortcutList.tsx')).ShortcutList }))

/** The id of the one Toaster: a toast confirms one's own act, and nothing else. */
export const TOASTS = 'toasts'

/** What stands around every page: the navigation, the bars that tell a lost session or network, and the dialogs of all. */
export function Frame() {
  const { data: allowed, error } = useQuery(allowedActions)
  const { data: acting } = useQuery(delegatedAccess)
  // Not every relationship opens what there is to read of a customer.
  const { data: own } = useQuery({ ...organization, enabled: acting === null })
  const company = (acting?.customer ?? own)?.displayName ?? ''
  const [isOpen, setOpen] = useState(false)
  const path = useRouterState({ select: ({ location }) => location.pathname })
  useFocusOnHeading(path)
  const [asked, setAsked] = useState<'palette' | 'list'>()
  const actions = useMemo(() => new Set(allowed?.value), [allowed])
  const openPalette = useCallback(() => setAsked('palette'), [])
  const openList = useCallback(() => setAsked('list'), [])
  useShortcuts({ actions, openPalette, openList })
  // biome-ignore lint/correctness/useExhaustiveDependencies: a page that was gone to closes the drawer that led there
  useEffect(() => setOpen(false), [path])
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
        <Button
          appearance="subtle"
          icon={<NavigationRegular />}
          aria-label={t('admin.frame.menu')}
          aria-expanded={isOpen}
          onClick={() => setOpen(true)}
        />
        <b>{company}</b>
        <Button
          appearance="subtle"
          className="last"
          icon={<SearchRegular />}
          aria-label={t('admin.frame.palette.open')}
          onClick={openPalette}
        />
      </header>
      <OverlayDrawer open={isOpen} onOpenChange={(_, { open }) => setOpen(open)} aria-label={t('admin.frame.menu')}>
        <div className="drawer">{nav}</div>
      </OverlayDrawer>
      <main className="sheet" id="page" tabIndex={-1}>
        <Lost />
        {acting && (
          <Suspense>
            <ActingBar acting={acting} />
          </Suspense>
        )}
        <Outlet />
      </main>
      <ConfirmItIsYou />
      <Suspense>
        {asked === 'palette' && <Palette actions={actions} close={() => setAsked(undefined)} />}
        {asked === 'list' && <ShortcutList actions={actions} close={() => setAsked(undefined)} />}
      </Suspense>
      <Toaster toasterId={TOASTS} />
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
