import {
  Combobox,
  Dialog,
  DialogBody,
  DialogContent,
  DialogSurface,
  Option,
  OptionGroup,
} from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent as Key, useEffect, useRef, useState } from 'react'
import { settingPlaces } from '../features/policies/settingPlaces.ts'
import { nameOf } from '../features/policies/values.ts'
import { groupsLike } from '../parts/groupQueries.ts'
import { offersNow } from '../parts/offers.ts'
import { peopleLike } from '../parts/personQueries.ts'
import { policies } from '../parts/policyQueries.ts'
import { ReturnFocus } from '../parts/ReturnFocus.tsx'
import { t } from '../words.ts'
import { placesFor } from './places.ts'

/** Milliseconds after the last letter until people and groups are asked for. */
const TYPED = 200
const MOST = 6

interface Entry {
  id: string
  name: string
  more?: string
  go: () => void
}

/** Finds people, groups, settings and pages by a few letters, and goes there. What one may not open is not found. */
export function Palette({ actions, close }: { actions: ReadonlySet<string>; close: () => void }) {
  const navigate = useNavigate()
  const [typed, setTyped] = useState('')
  const [asked, setAsked] = useState('')
  // The page behind does not change while the palette is open.
  const [offers] = useState(offersNow)
  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed.trim()), TYPED)
    return () => clearTimeout(timer)
  }, [typed])
  const isNamed = asked.length >= 2
  const { data: people = [] } = useQuery({ ...peopleLike(asked), enabled: isNamed && actions.has('profile.readAll') })
  const { data: groups = [] } = useQuery({ ...groupsLike(asked), enabled: isNamed && actions.has('profile.readAll') })
  const mayReadPolicies = actions.has('policies.read')
  const { data: all } = useQuery({ ...policies, enabled: mayReadPolicies && isNamed })
  const policy = all?.find(({ isDefault }) => isDefault)?.id
  const fits = (text: string) => fold(text).includes(fold(typed.trim()))

  const found: { kind: 'acts' | 'pages' | 'people' | 'groups' | 'settings'; entries: Entry[] }[] = [
    {
      kind: 'acts',
      entries: offers.filter(({ name }) => fits(name)).map(({ name, act }) => ({ id: `act-${name}`, name, go: act })),
    },
    {
      kind: 'pages',
      entries: placesFor(actions)
        .flatMap(({ places }) => places)
        .filter(({ words }) => fits(t(words)))
        .map(({ to, words }) => ({ id: to, name: t(words), go: () => void navigate({ to }) })),
    },
    {
      kind: 'people',
      entries: (isNamed ? people : []).map(({ id, displayName, more }) => ({
        id,
        name: displayName,
        more,
        go: () => void navigate({ to: '/people/$person', params: { person: id } }),
      })),
    },
    {
      kind: 'groups',
      entries: (isNamed ? groups : []).map(({ id, displayName }) => ({
        id,
        name: displayName,
        go: () => void navigate({ to: '/groups/$group', params: { group: id } }),
      })),
    },
    {
      kind: 'settings',
      entries: (mayReadPolicies && typed.trim().length >= 2 ? settingPlaces : [])
        .filter(
          ({ name, tab }) => (!tab || policy) && fits(`${nameOf(name)} ${t(`admin.policies.settings.${name}.ask`)}`),
        )
        .map(({ name, to, tab }) => ({
          id: `setting-${name}`,
          name: nameOf(name),
          more: t(`admin.policies.settings.${name}.ask`),
          go: () => void navigate({ to, hash: name, ...(tab && { params: { policy: policy!, tab } }) }),
        })),
    },
  ]
  const shown = found.map(({ kind, entries }) => ({ kind, entries: entries.slice(0, MOST) }))
  const listed = shown.flatMap(({ entries }) => entries.map(({ id }) => id)).join()
  // Whether an entry was chosen by arrows since the last letter.
  const isChosen = useRef(false)
  // People come after what is known at once, and above it: Enter goes to the first that is seen, not to what was first.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list is what changed
  useEffect(() => {
    const box = document.querySelector('.palette-box input')
    const chosen = document.getElementById(box?.getAttribute('aria-activedescendant') ?? '')
    if (isChosen.current && chosen) return
    box?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', bubbles: true, cancelable: true }))
  }, [listed])
  const choose = (id: string | undefined) => {
    const entry = shown.flatMap(({ entries }) => entries).find(one => one.id === id)
    if (!entry) return
    close()
    entry.go()
  }
  const press = ({ key, nativeEvent }: Key) => {
    // The list is always open, so that its own Escape closes nothing.
    if (key === 'Escape' && !nativeEvent.isComposing) close()
    if (key === 'ArrowDown' || key === 'ArrowUp') isChosen.current = true
  }
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && close()}>
      <DialogSurface className="palette" aria-label={t('admin.frame.palette.title')}>
        <ReturnFocus />
        <DialogBody>
          <DialogContent>
            <Combobox
              className="palette-box"
              freeform
              open
              inlinePopup
              autoFocus
              expandIcon={null}
              value={typed}
              selectedOptions={[]}
              aria-label={t('admin.frame.palette.title')}
              placeholder={t('admin.frame.palette.hint')}
              listbox={{ className: 'palette-list' }}
              onChange={({ target }) => {
                isChosen.current = false
                setTyped(target.value)
              }}
              onKeyDown={press}
              onOptionSelect={(_, { optionValue }) => choose(optionValue)}
            >
              {shown
                .filter(({ entries }) => entries.length > 0)
                .map(({ kind, entries }) => (
                  <OptionGroup key={kind} label={t(`admin.frame.palette.kinds.${kind}`)}>
                    {entries.map(({ id, name, more }) => (
                      <Option key={id} value={id} text={name} checkIcon={null}>
                        <span className="two-lines">
                          <b>{name}</b>
                          {more && <small>{more}</small>}
                        </span>
                      </Option>
                    ))}
                  </OptionGroup>
                ))}
              {shown.every(({ entries }) => entries.length === 0) && (
                <Option disabled value="" text={t('admin.frame.nobodyFound')}>
                  {t('admin.frame.nobodyFound')}
                </Option>
              )}
            </Combobox>
          </DialogContent>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}

/** A text without what readers do not type: case and accents. */
const fold = (text: string) =>
  text
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
