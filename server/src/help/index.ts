export { type CodeHelp, helpOfCode } from './codes.ts'
