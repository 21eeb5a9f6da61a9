#!/usr/bin/env node
import '../node.ts'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

// What the build compiled, which halves a start. Where others may not write Node makes it anew, and keeps nothing.
module.enableCompileCache(fileURLToPath(new URL('../../dist/compiled', import.meta.url)))

// Not by name: such imports are loaded before the first line runs.
const { runProgram } = await import('./program.ts')
await runProgram(process.argv.slice(2))
