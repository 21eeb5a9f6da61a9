import type { DocumentType } from './queries.ts'

/** A file that is about to be handed in, and what it is. */
export interface Chosen {
  file: File
  type: DocumentType
}

/** Why a file was not taken: the server would refuse it after it has travelled. */
export interface FileFault {
  name: string
  fault: 'name' | 'type' | 'size' | 'many'
}

const TYPES = ['application/pdf', 'image/png', 'image/jpeg']
const LARGEST = 10 * 1024 * 1024
const AT_MOST = 10
const NAME = /^[\p{L}\p{M}\p{Nd} _-][\p{L}\p{M}\p{Nd} ._-]{0,98}\.[A-Za-z]{3,4}$/u

type Named = Pick<File, 'name' | 'type' | 'size'>

/** Takes the files that fit, where so many are chosen already. */
export function chooseFiles<F extends Named>(files: readonly F[], before: number): { fine: F[]; faults: FileFault[] } {
  const faultOf = ({ name, type, size }: F): FileFault['fault'] | undefined => {
    if (!TYPES.includes(type)) return 'type'
    if (!NAME.test(name.normalize('NFC')) || name.includes('..')) return 'name'
    return size > LARGEST ? 'size' : undefined
  }
  const fine = files.filter(file => faultOf(file) === undefined)
  const faults = files.flatMap(file => {
    const fault = faultOf(file)
    return fault ? [{ name: file.name, fault }] : []
  })
  const room = Math.max(0, AT_MOST - before)
  const over = fine.slice(room).map(({ name }): FileFault => ({ name, fault: 'many' }))
  return { fine: fine.slice(0, room), faults: [...faults, ...over] }
}
