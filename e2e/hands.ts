import assert from 'node:assert/strict'
import type { Locator, Page } from 'playwright-core'

/** How a person uses a page: by its words, never by its source. */
export interface Hands {
  /** Types into the field with this label. */
  fill(label: string, text: string): Promise<void>
  /** Picks from the list with this label. */
  select(label: string, option: string): Promise<void>
  /** Marks the choice with this label. */
  mark(label: string): Promise<void>
  /** Presses the button that begins with these words, or has them as its name. */
  press(name: string): Promise<void>
  /** Follows the link that begins with these words. */
  follow(name: string): Promise<void>
}

/** Names reach us with their spaces made plain, so any space fits. */
const beginningWith = (text: string, end = '') =>
  new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s/g, '\\s')}${end}`)

const field = (tab: Page, label: string) => tab.getByLabel(label, { exact: true })
const radio = (tab: Page, label: string) => tab.getByRole('radio', { name: label, exact: true })
/** One that has these words as its name goes before one that only begins with them. */
async function button(tab: Page, name: string) {
  const beginning = tab.getByRole('button', { name: beginningWith(name) })
  await beginning.first().waitFor()
  const whole = tab.getByRole('button', { name: beginningWith(name, '\\s*$') })
  return (await whole.count()) > 0 ? whole : beginning
}
const link = (tab: Page, name: string) => tab.getByRole('link', { name: beginningWith(name) })

/** A person with a mouse or a finger. */
export const pointer = (tab: Page): Hands => ({
  fill: (label, text) => field(tab, label).fill(text),
  async select(label, option) {
    await field(tab, label).selectOption({ label: option })
  },
  mark: label => radio(tab, label).check(),
  press: async name => (await button(tab, name)).click(),
  follow: name => link(tab, name).click(),
})

/** A person with a keyboard and nothing else: Tab, Space, Enter, the arrows and what is typed. */
export function keyboard(tab: Page): Hands {
  const press = async (target: Locator) => {
    await tabTo(tab, target)
    await tab.keyboard.press('Enter')
  }
  return {
    async fill(label, text) {
      await tabTo(tab, field(tab, label))
      await tab.keyboard.press('ControlOrMeta+A')
      await tab.keyboard.type(text)
    },
    async select(label, option) {
      const list = field(tab, label)
      await tabTo(tab, list)
      // The first letter leads to the next option that begins with it, however slowly it is pressed. What is typed
      // whole begins anew after a second, in the middle of a word.
      const chosen = () => list.locator('option:checked').textContent()
      for (let presses = 0; presses < 40 && (await chosen()) !== option; presses++) await tab.keyboard.type(option[0]!)
      assert.equal(await chosen(), option)
    },
    async mark(label) {
      // Of a group of choices Tab reaches the first or the marked one; the arrows go on from there.
      const wanted = radio(tab, label)
      await tabTo(tab, tab.getByRole('radio').first())
      if (!(await isFocused(wanted))) await tab.keyboard.press('ArrowDown')
      else await tab.keyboard.press('Space')
      assert.ok(await isFocused(wanted), `the arrows do not reach "${label}"`)
      assert.ok(await wanted.isChecked(), `"${label}" is not marked`)
    },
    press: async name => press(await button(tab, name)),
    follow: name => press(link(tab, name)),
  }
}

const isFocused = (target: Locator) => target.evaluate(element => element === document.activeElement)

/** Presses Tab until the target has the focus. On the way each stop is seen, in sight, and after the one before. */
async function tabTo(tab: Page, target: Locator) {
  const wanted = await target.elementHandle()
  let before = -1
  for (let presses = 0; presses < 60; presses++) {
    const stop = await tab.evaluate(readFocus, wanted)
    if (stop) {
      assert.ok(stop.visible, `the focus cannot be seen on ${stop.html}`)
      assert.ok(stop.inSight, `the focus is out of sight on ${stop.html}`)
      assert.ok(stop.place > before, `Tab goes backwards to ${stop.html}`)
      if (stop.isWanted) return
    }
    before = stop?.place ?? -1
    await tab.keyboard.press('Tab')
  }
  assert.fail(`Tab never reaches ${target}`)
}

/** Runs in the page: the element with the focus, and whether that is visible. Undefined where there is none. */
function readFocus(wanted: Node | null) {
  const focused = document.activeElement
  if (!focused || focused === document.body || focused === document.documentElement) return undefined
  const all = Array.from(
    document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary, [tabindex]'),
  )
  const shown = focused.closest('label') ?? focused
  const box = shown.getBoundingClientRect()
  const isMarked = [focused, shown].some(element => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2
  })
  return {
    place: all.indexOf(focused),
    isWanted: focused === wanted,
    visible: isMarked && box.width > 0 && box.height > 0,
    inSight: box.bottom > 0 && box.top < innerHeight,
    html: focused.outerHTML.slice(0, 200),
  }
}
