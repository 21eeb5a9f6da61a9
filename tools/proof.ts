import { readFileSync } from 'node:fs'
import { listFiles } from './source.ts'

// Names the files of `npm run proof`: each test that has more to show where time does not press (PROOF=long), by itself
// or by what it compares times with, and each that runs there alone (*.proof.ts).

const hasLongPart = (path: string) => /process\.env\.PROOF|\bsameTime\b/.test(readFileSync(path, 'utf8'))

const files = ['server/src', 'agent/src', 'admin/src', 'e2e']
  .flatMap(folder => listFiles(folder, ['.test.ts', '.test.tsx', '.proof.ts']))
  .filter(path => path.endsWith('.proof.ts') || hasLongPart(path))
console.log(files.join('\n'))
