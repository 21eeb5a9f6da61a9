import { readFileSync } from 'node:fs'
import { listFiles } from './source.ts'

// Names the files of `npm run proof`: each test that has more to show where time does not press (PROOF=long), and each
// that runs there alone (*.proof.ts).

const hasLongPart = (path: string) => readFileSync(path, 'utf8').includes('process.env.PROOF')

const files = ['server/src', 'agent/src', 'admin/src', 'e2e']
  .flatMap(folder => listFiles(folder, ['.test.ts', '.test.tsx', '.proof.ts']))
  .filter(path => path.endsWith('.proof.ts') || hasLongPart(path))
console.log(files.join('\n'))
