import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkImage } from './images.ts'

/** The first bytes of pictures of one size, as their formats write them, and some more. */
const headers = {
  png(width: number, height: number) {
    const head = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
    const size = Buffer.alloc(8)
    size.writeUInt32BE(width, 0)
    size.writeUInt32BE(height, 4)
    return Buffer.concat([head, size, Buffer.alloc(40)])
  },
  jpeg(width: number, height: number) {
    const frame = Buffer.from('ffc2001108000000000301', 'hex')
    frame.writeUInt16BE(height, 5)
    frame.writeUInt16BE(width, 7)
    // An application's segment, a table, and one byte of padding come first.
    return Buffer.concat([Buffer.from('ffd8ffe000044a46ffc4000300ff', 'hex'), frame, Buffer.alloc(30)])
  },
  extended(width: number, height: number) {
    const size = Buffer.alloc(6)
    size.writeUIntLE(width - 1, 0, 3)
    size.writeUIntLE(height - 1, 3, 3)
    return Buffer.concat([Buffer.from('RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0', 'latin1'), size, Buffer.alloc(20)])
  },
  lossy(width: number, height: number) {
    const size = Buffer.alloc(4)
    size.writeUInt16LE(width, 0)
    size.writeUInt16LE(height, 2)
    return Buffer.concat([
      Buffer.from('RIFF\x40\0\0\0WEBPVP8 \x30\0\0\0\0\0\0\x9d\x01\x2a', 'latin1'),
      size,
      Buffer.alloc(20),
    ])
  },
  lossless(width: number, height: number) {
    const size = Buffer.alloc(4)
    size.writeUInt32LE((width - 1) | ((height - 1) << 14))
    return Buffer.concat([Buffer.from('RIFF\x40\0\0\0WEBPVP8L\x30\0\0\0\x2f', 'latin1'), size, Buffer.alloc(20)])
  },
}

const codeOf = (work: () => unknown) => {
  try {
    return work()
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('a picture is what its content says, and has no more pixels than its place', () => {
  for (const [name, make] of Object.entries(headers)) {
    assert.match(String(codeOf(() => checkImage('bannerLogo', make(245, 36)))), /^image\//, name)
    assert.equal(
      codeOf(() => checkImage('bannerLogo', make(246, 36))),
      'image_dimensions',
      name,
    )
    assert.equal(
      codeOf(() => checkImage('bannerLogo', make(245, 37))),
      'image_dimensions',
      name,
    )
    assert.match(String(codeOf(() => checkImage('backgroundImage', make(1920, 1080)))), /^image\//, name)
    assert.equal(
      codeOf(() => checkImage('favicon', make(33, 1))),
      'image_dimensions',
      name,
    )
  }
  assert.equal(checkImage('squareLogo', headers.jpeg(240, 240)), 'image/jpeg')
  assert.equal(
    codeOf(() => checkImage('favicon', headers.png(0, 0))),
    'image_dimensions',
  )
  const bomb = headers.png(0x7fffffff, 0x7fffffff)
  assert.equal(
    codeOf(() => checkImage('backgroundImage', bomb)),
    'image_dimensions',
  )
})

test('a picture has no more bytes than its place', () => {
  const padded = (bytes: number) => Buffer.concat([headers.png(10, 10), Buffer.alloc(bytes)]).subarray(0, bytes)
  assert.equal(checkImage('favicon', padded(5 * 1024)), 'image/png')
  assert.equal(
    codeOf(() => checkImage('favicon', padded(5 * 1024 + 1))),
    'image_too_large',
  )
})

test('anything else is no picture, and ends the reading', () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
  const gif = Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(40)])
  const endless = Buffer.concat([Buffer.from('ffd8', 'hex'), Buffer.alloc(2_000, Buffer.from('ffe00000', 'hex'))])
  for (const image of [svg, gif, endless, Buffer.alloc(0), Buffer.from('ffd8ff', 'hex'), Buffer.alloc(100, 0xff)])
    assert.equal(
      codeOf(() => checkImage('bannerLogo', image)),
      'image_type',
    )
  const real = readFileSync(new URL('../demo/logos/acme.png', import.meta.url))
  fc.assert(
    fc.property(fc.nat(real.length), fc.nat(255), fc.nat(40), (length, byte, at) => {
      const image = Buffer.from(real.subarray(0, length))
      if (at < image.length) image[at] = byte
      assert.match(String(codeOf(() => checkImage('squareLogo', image))), /^image/)
    }),
  )
})
