import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { createFinder, printRefusals, refusalsFile } from './refusals.ts'

test('the codes of every resource are those that its code reaches', () => {
  assert.equal(readFileSync(refusalsFile, 'utf8'), printRefusals(), 'npm run refusals prints them anew')
})

const FILES = {
  'plants/errors.ts': `import { refusals } from '../refusals.ts'
export const refuse = refusals({ plant_dry: 409, plant_gone: 404, plant_sold: 409 })`,
  'plants/index.ts': `export { waterPlant as water } from './water.ts'`,
  'plants/water.ts': `import { refuse } from './errors.ts'
export async function waterPlant(id: string) {
  if (id === 'plant_sold') return
  throw refuse(isGone(id) ? 'plant_gone' : codeOf(id))
}
const isGone = (id: string) => id === ''
const codeOf = (id: string) => (id ? 'plant_dry' : 'plant_dry')
export const sell = () => refuse('plant_sold')`,
  'garden/api.ts': `import { water } from '../plants/index.ts'
import type { sell } from '../plants/water.ts'
export function gardenApi(api: Api) {
  const look = async (call: Call) => water(call.params.id)
  api.add({
    path: '/plants/{id}',
    handle: async call => look(call),
  })
  api.add({
    path: '/gardens',
    async handle(call) {
      const word = 'plant_gone'
      return { json: { sell: word } }
    },
  })
}`,
}

test('a code counts where names lead to it: through other rooms, other names and local ones', context => {
  const root = mkdtempSync(join(tmpdir(), 'refusals-'))
  context.after(() => rmSync(root, { recursive: true }))
  for (const [file, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  const finder = createFinder(root)
  const file = join(root, 'garden/api.ts')
  const at = (line: number) => finder.codesOf([{ file, line, column: 7 }])
  // A text of the room that lists it is taken for a code, whatever it is for.
  assert.deepEqual(at(5), ['plant_dry', 'plant_gone', 'plant_sold'])
  // Elsewhere it is a word like others, and a type leads nowhere.
  assert.deepEqual(at(9), [])
})
