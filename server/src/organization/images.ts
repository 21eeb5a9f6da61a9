import { refuseProgram } from './errors.ts'

/** The pictures of a company's pages, with the most bytes and pixels of each (self-service password reset, §10.2). */
const limitsOf = {
  bannerLogo: { bytes: 50 * 1024, width: 245, height: 36 },
  squareLogo: { bytes: 50 * 1024, width: 240, height: 240 },
  squareLogoDark: { bytes: 50 * 1024, width: 240, height: 240 },
  headerLogo: { bytes: 10 * 1024, width: 245, height: 36 },
  favicon: { bytes: 5 * 1024, width: 32, height: 32 },
  backgroundImage: { bytes: 300 * 1024, width: 1920, height: 1080 },
} as const

export type ImageKind = keyof typeof limitsOf

export const imageKinds = Object.keys(limitsOf) as ImageKind[]

/** The most bytes and pixels of a picture. */
export const limitsFor = (kind: ImageKind): { bytes: number; width: number; height: number } => limitsOf[kind]

interface Header {
  type: 'image/png' | 'image/jpeg' | 'image/webp'
  width: number
  height: number
}

/**
 * The type of a picture by its content. Its header alone is read: nothing of it is decoded.
 * Throws `image_type`, `image_too_large`, `image_dimensions`.
 */
export function checkImage(kind: ImageKind, image: Buffer): Header['type'] {
  const limits = limitsOf[kind]
  if (image.length > limits.bytes) throw refuseProgram('image_too_large')
  const header = readHeader(image)
  if (!header) throw refuseProgram('image_type')
  const fits = (side: 'width' | 'height') => header[side] >= 1 && header[side] <= limits[side]
  if (!fits('width') || !fits('height')) throw refuseProgram('image_dimensions')
  return header.type
}

/** Undefined for anything that is no PNG, JPEG or WebP. */
function readHeader(image: Buffer): Header | undefined {
  const at = (start: number, length: number) => image.toString('latin1', start, start + length)
  if (image.length < 30) return undefined
  if (at(0, 8) === '\x89PNG\r\n\x1a\n' && at(12, 4) === 'IHDR')
    return { type: 'image/png', width: image.readUInt32BE(16), height: image.readUInt32BE(20) }
  if (at(0, 2) === '\xff\xd8') return readJpeg(image)
  if (at(0, 4) === 'RIFF' && at(8, 4) === 'WEBP') return readWebp(image, at(12, 4))
  return undefined
}

/** Goes from segment to segment, as far as the frame that has the size (ITU T.81, B.2.2). */
function readJpeg(image: Buffer): Header | undefined {
  let at = 2
  while (at + 9 <= image.length && image[at] === 0xff) {
    const marker = image[at + 1]!
    // Some writers put several before a marker.
    if (marker === 0xff) {
      at++
      continue
    }
    // Of these, three are tables and no frame.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { type: 'image/jpeg', height: image.readUInt16BE(at + 5), width: image.readUInt16BE(at + 7) }
    at += 2 + image.readUInt16BE(at + 2)
  }
  return undefined
}

/** RFC 9649, §2.5 to §2.7. */
function readWebp(image: Buffer, chunk: string): Header | undefined {
  const type = 'image/webp'
  if (chunk === 'VP8X') return { type, width: image.readUIntLE(24, 3) + 1, height: image.readUIntLE(27, 3) + 1 }
  if (chunk === 'VP8 ' && image.readUIntBE(23, 3) === 0x9d012a)
    return { type, width: image.readUInt16LE(26) & 0x3fff, height: image.readUInt16LE(28) & 0x3fff }
  if (chunk === 'VP8L' && image[20] === 0x2f) {
    const bits = image.readUInt32LE(21)
    return { type, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
  }
  return undefined
}
