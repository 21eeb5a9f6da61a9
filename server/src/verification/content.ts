import { refuse } from './errors.ts'

/** What a document can be. */
export type MediaType = 'application/pdf' | 'image/png' | 'image/jpeg'

const PNG = Buffer.from('89504e470d0a1a0a', 'hex')
const JPEG = Buffer.from('ffd8ff', 'hex')

const ENDINGS: Record<MediaType, readonly string[]> = {
  'application/pdf': ['pdf'],
  'image/png': ['png'],
  'image/jpeg': ['jpg', 'jpeg'],
}

/** A name that no file system, header or shell reads as more than a name (partners on the wire, §5). */
const NAME = /^[\p{L}\p{M}\p{Nd} _-][\p{L}\p{M}\p{Nd} ._-]{0,98}\.[A-Za-z]{3,4}$/u

/** Throws `file_name_invalid`. */
export function checkFileName(name: string): void {
  if (!NAME.test(name) || name.includes('..') || name.trim() !== name)
    throw refuse('file_name_invalid', { field: 'fileName' })
}

/** The kind of a document by its content, never by what its sender calls it. Throws `document_unsupported`, also where its name says otherwise. */
export function readMediaType(content: Buffer, fileName: string): MediaType {
  const type = sniff(content)
  const ending = fileName.slice(fileName.lastIndexOf('.') + 1).toLowerCase()
  if (!type || !ENDINGS[type].includes(ending)) throw refuse('document_unsupported')
  return type
}

function sniff(content: Buffer): MediaType | undefined {
  if (content.subarray(0, 5).toString('latin1') === '%PDF-') return 'application/pdf'
  if (content.subarray(0, PNG.length).equals(PNG)) return 'image/png'
  return content.subarray(0, JPEG.length).equals(JPEG) ? 'image/jpeg' : undefined
}
