import { existsSync } from 'node:fs'
import { join } from 'node:path'

// Builds the administrators' application after an installation, so that the demonstration shows it without a further
// step. An installation for production has nothing to build with, and serves what `npm run build` made.

const root = join(import.meta.dirname, '..')
if (existsSync(join(root, 'node_modules/vite'))) {
  const { build } = await import('vite')
  await build({ configFile: join(root, 'admin/vite.config.ts'), logLevel: 'warn' })
}
