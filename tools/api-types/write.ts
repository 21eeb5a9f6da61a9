import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import openapiTypes, { astToString } from 'openapi-typescript'

// Writes the types of the public API for the application, from the description that the server itself prints. It lives
// in a workspace of its own because openapi-typescript works with TypeScript 5 alone.

const root = join(import.meta.dirname, '../..')
const command = ['--import', './tools/jsx.js', 'server/src/cli/index.ts', 'openapi']
const description = execFileSync(process.execPath, command, { cwd: root, maxBuffer: 64 << 20 })
writeFileSync(join(root, 'admin/src/api/schema.d.ts'), astToString(await openapiTypes(JSON.parse(String(description)))))
