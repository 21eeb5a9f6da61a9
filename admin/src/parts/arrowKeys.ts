/** What takes the focus inside a list, a row of tabs or a chart. */
const STOPS = 'a[href], button:not(:disabled), input:not(:disabled), [tabindex]'

/**
 * Makes a box one stop of the Tab key: arrows lead from one thing in it to the next, in rows by rows and columns.
 * Fluent marks both ends of a group by hidden elements that take the focus, which screen readers' rules refuse.
 * @returns what ends it; a box that is gone needs nothing.
 */
export function arrowKeys(box: HTMLElement | null): (() => void) | undefined {
  if (!box) return undefined
  const lowered = new WeakSet<Element>()
  let held: Element | undefined
  const stops = () =>
    [...box.querySelectorAll<HTMLElement | SVGElement>(STOPS)].filter(one => one.tabIndex >= 0 || lowered.has(one))
  const settle = () => {
    const all = stops()
    const isInside = box.contains(document.activeElement)
    const selected = isInside ? undefined : all.find(one => one.ariaSelected === 'true')
    const stop = selected ?? all.find(one => one === held) ?? all[0]
    for (const one of all) {
      if (one !== stop) lowered.add(one)
      const tabIndex = one === stop ? 0 : -1
      if (one.tabIndex !== tabIndex) one.tabIndex = tabIndex
    }
  }
  const hold = ({ target }: FocusEvent) => {
    held = target as Element
    settle()
  }
  const lead = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    const next = nextOf(stops(), event.target as Stop, event.key)
    if (!next) return
    event.preventDefault()
    next.focus()
  }
  settle()
  const watch = new MutationObserver(settle)
  watch.observe(box, { childList: true, subtree: true, attributeFilter: ['aria-selected'] })
  box.addEventListener('focusin', hold)
  box.addEventListener('focusout', settle)
  box.addEventListener('keydown', lead)
  return () => {
    watch.disconnect()
    box.removeEventListener('focusin', hold)
    box.removeEventListener('focusout', settle)
    box.removeEventListener('keydown', lead)
  }
}

type Stop = HTMLElement | SVGElement

/** Where a key leads from a stop; undefined: nowhere. */
function nextOf(all: readonly Stop[], from: Stop, key: string): Stop | undefined {
  const row = from.closest('[role=row]')
  if (!row) {
    const at = all.indexOf(from)
    if (at === -1) return undefined
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: -1 }[key]
    return to === undefined ? undefined : all.at(to % all.length)
  }
  const rows = [...new Set(all.map(one => one.closest('[role=row]')))]
  const within = (one: Element | null | undefined) => all.filter(stop => one?.contains(stop))
  const [line, column] = [rows.indexOf(row), within(row).indexOf(from)]
  if (key === 'ArrowRight') return within(row)[column + 1]
  if (key === 'ArrowLeft') return within(row)[column - 1]
  const other = key === 'ArrowDown' ? rows[line + 1] : key === 'ArrowUp' ? rows[line - 1] : undefined
  const there = within(other)
  return there[column] ?? there.at(-1)
}
