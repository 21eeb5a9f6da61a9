#!/usr/bin/env node
import '../node.ts'
import { runProgram } from './program.ts'

await runProgram(process.argv.slice(2))
