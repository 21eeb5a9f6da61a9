import { useEffect } from 'react'

/** An act of the page that is open, by its name. */
export interface Offer {
  name: string
  act: () => void
}

/** The acts that stand in menus of the page that is open. */
const inMenus = new Set<readonly Offer[]>()

/** Lets the palette find acts that are seen only where a menu is opened. */
export function useOffers(offers: readonly Offer[]): void {
  useEffect(() => {
    inMenus.add(offers)
    return () => {
      inMenus.delete(offers)
    }
  })
}

const BUTTONS = 'main :is(.head, .panel) .acts > button:not([aria-disabled=true], [aria-haspopup])'

/** What the page that is open offers to do: its buttons, and what its menus hold. */
export function offersNow(): Offer[] {
  const seen = [...document.querySelectorAll<HTMLElement>(BUTTONS)].map(button => ({
    name: button.getAttribute('aria-label') ?? button.innerText,
    act: () => button.click(),
  }))
  return [...seen, ...[...inMenus].flat()]
}
