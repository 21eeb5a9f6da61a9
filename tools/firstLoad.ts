import { readFileSync } from 'node:fs'

/** What the administrators' application needs to show Home in French, the longest of its languages, as the build made it. */
export function weighFirstLoad(): { files: number; bytes: number } {
  const folder = new URL('../admin/dist/', import.meta.url)
  const read = (name: string) => readFileSync(new URL(name, folder), 'utf8')
  // The page names its scripts and styles, and what the first script asks for next.
  const named = [...read('index.html').matchAll(/"\/admin\/(assets\/[^"]+)"/g)].map(([, file]) => file!)
  const manifest: Record<string, { file: string }> = JSON.parse(read('.vite/manifest.json'))
  // The build names them as seen from the folder in which it was started.
  const words = Object.keys(manifest).find(key => key.endsWith('words:fr/first'))
  const loaded = new Set([...named, manifest[words!]!.file])
  const bytes = [...loaded].reduce((sum, file) => sum + readFileSync(new URL(`${file}.br`, folder)).length, 0)
  return { files: loaded.size, bytes }
}
