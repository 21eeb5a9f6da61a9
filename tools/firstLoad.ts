import { readFileSync } from 'node:fs'
import { firstWords } from '../admin/src/firstWords.ts'

interface Chunk {
  file: string
  css?: string[]
  imports?: string[]
}

/** What the administrators' application needs to show Home in French, the longest of its languages, as the build made it. */
export function weighFirstLoad(): { files: number; bytes: number } {
  const folder = new URL('../admin/dist/', import.meta.url)
  const manifest: Record<string, Chunk> = JSON.parse(readFileSync(new URL('.vite/manifest.json', folder), 'utf8'))
  const loaded = new Set<string>()
  const add = (name: string) => {
    const { file, css = [], imports = [] } = manifest[name]!
    for (const one of [file, ...css]) loaded.add(one)
    for (const one of imports) if (!loaded.has(manifest[one]!.file)) add(one)
  }
  for (const name of ['index.html', 'src/features/home/HomePage.tsx']) add(name)
  for (const name of firstWords) add(`../locales/fr/admin/${name}.json`)
  const bytes = [...loaded].reduce((sum, file) => sum + readFileSync(new URL(`${file}.br`, folder)).length, 0)
  return { files: loaded.size, bytes }
}
