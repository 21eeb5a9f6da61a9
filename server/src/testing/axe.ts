import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type axe from 'axe-core'
import type { BrowserContext, Page } from 'playwright-core'

/** What axe finds wrong with a page, a line for each place, and the rules that the page passes. */
export interface Verdict {
  violations: string[]
  passes: string[]
}

// The same in half the bytes: each page reads it anew.
const source = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

/** Lets each page of a window hold axe: to send it to a page takes longer than to run it there. */
export const bringAxe = (context: BrowserContext) => context.addInitScript(source)

/** Judges a page as it stands, by all rules or by these alone, which tags may name. Only what is asked for leaves the page. */
export const judgeByAxe = (tab: Page, rules: string[] = []): Promise<Verdict> =>
  tab.evaluate(async rules => {
    const { axe: own } = window as unknown as { axe: typeof axe }
    const only = rules.length > 0 ? { runOnly: rules } : {}
    const { violations, passes } = await own.run(document, { resultTypes: ['violations'], ...only })
    return {
      violations: violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `axe ${id}: ${html}`)),
      passes: passes.map(({ id }) => id),
    }
  }, rules)
