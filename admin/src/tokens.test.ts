import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assets } from '../../server/src/pages/index.ts'
import { dark, light } from './tokens.ts'

const style = String([...assets.values()].find(({ type }) => type.startsWith('text/css'))!.body)

/** The tokens of the people's pages for one scheme: those of the dark one stand in blocks that ask for it. */
function tokensOf(scheme: 'light' | 'dark'): Map<string, string> {
  const darkBlocks = [...style.matchAll(/@media[^{]*prefers-color-scheme: ?dark[^{]*\{\s*:root\s*\{([^}]*)\}/g)]
  const rest = darkBlocks.reduce((text, [block]) => text.replace(block, ''), style)
  const lightBlocks = [...rest.matchAll(/:root\s*\{([^}]*)\}/g)]
  const found = new Map<string, string>()
  for (const [, block] of scheme === 'light' ? lightBlocks : [...lightBlocks, ...darkBlocks])
    for (const [, name, value] of block!.matchAll(/--(\w+):\s*(#[0-9a-f]{6})/gi)) found.set(name!, value!.toLowerCase())
  return found
}

test('the application has the colours of the people’s pages, in both schemes', () => {
  for (const [scheme, own] of Object.entries({ light, dark })) {
    const theirs = tokensOf(scheme as 'light')
    const shared = Object.entries(own).filter(([name]) => theirs.has(name))
    assert.ok(shared.length >= 16, `${scheme}: ${shared.length} are shared`)
    assert.deepEqual(Object.fromEntries(shared), Object.fromEntries(shared.map(([name]) => [name, theirs.get(name)])))
  }
})
