import { createHash } from 'node:crypto'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../crypto/index.ts'
import { hasTenant } from '../directory/index.ts'
import {
  findImage,
  findTriedPicture,
  type ImageKind,
  imageKinds,
  localizationsOf,
  looksFor,
  openPreview,
  readLocale,
  withPreview,
} from '../organization/index.ts'
import { type Asset, assets, brandStyle, productColor } from '../pages/index.ts'
import { askOne, inTenant, type Trx } from '../store/index.ts'
import { refuse } from './problems.ts'
import type { Services } from './visit.ts'

/** Seconds that a browser may show an old logo or colour. */
const BRANDING_LASTS = 300

const open = { config: { access: 'anyone' } } as const

/** Serves the files of pages: the product's own, and each tenant's colour and logo. */
export function assetRoutes(app: FastifyInstance, services: Services) {
  for (const [path, asset] of assets) {
    const answerWith = answerFile(() => asset)
    app.get(path, open, answerWith)
  }

  app.get('/branding/:tenantId/style.css', open, async (request, reply) => {
    const all = await ofTenant(services, request, trx => askOne(trx, localizationsOf(trx.tenantId)))
    const preview = previewOf(services, request)
    const { backgroundColor } = preview
      ? looksFor(withPreview(all, preview), [preview.locale]).settings
      : looksFor(all, [localeOf(request)]).settings
    const body = Buffer.from(brandStyle(backgroundColor ?? productColor))
    brandingHeaders(reply).type('text/css; charset=utf-8')
    return answer(request, reply, etagOf(body), body)
  })

  for (const [name, kind] of pictures)
    app.get(`/branding/:tenantId/${name}`, open, async (request, reply) => {
      const found = await ofTenant(services, request, trx => imageOf(trx, services, request, kind))
      if (!found) throw refuse('not_found')
      // A tenant's uploaded file, opened by itself, must not act as a page of ours.
      brandingHeaders(reply)
        .type(found.type)
        .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'; sandbox")
      return answer(request, reply, etagOf(found.image), found.image)
    })
}

/** Answers with a file. It is read, and compressed where it is not yet, for the first who asks: a start waits for neither. */
export function answerFile(read: () => Asset & { compressed?: Compressed }) {
  let file: ReturnType<typeof read> | undefined
  return async (request: FastifyRequest, reply: FastifyReply) => {
    file ??= read()
    const { body, etag, type, immutable } = file
    const accepted = String(request.headers['accept-encoding'] ?? '')
    const encoding = (['br', 'gzip'] as const).find(name => new RegExp(`\\b${name}\\b`).test(accepted))
    const lasting = immutable ? 'public, max-age=31536000, immutable' : 'public, no-cache'
    reply.header('cache-control', lasting).header('vary', 'Accept-Encoding').type(type)
    if (!encoding) return answer(request, reply, etag, body)
    file.compressed ??= {}
    file.compressed[encoding] ??= encoding === 'br' ? brotliCompressSync(body) : gzipSync(body, { level: 9 })
    // One body for each encoding, so one validator for each (RFC 9110, §8.8.3).
    const own = etag.replace(/"$/, `-${encoding}"`)
    return answer(request, reply.header('content-encoding', encoding), own, file.compressed[encoding])
  }
}

interface Compressed {
  br?: Buffer
  gzip?: Buffer
}

/** The pictures of pages, by the last part of their address. */
const pictures = new Map<string, ImageKind>([['logo', 'bannerLogo'], ...imageKinds.map(kind => [kind, kind] as const)])

/** The localization that an address names. */
const localeOf = ({ query }: FastifyRequest) => readLocale(String((query as { locale?: unknown }).locale ?? '0')) ?? '0'

/** The looks that the address shows before they are saved. */
function previewOf({ keys, clock }: Services, { params, query }: FastifyRequest) {
  const { tenantId = '', look } = { ...(params as { tenantId?: string }), ...(query as { look?: unknown }) }
  return typeof look === 'string' ? openPreview({ keys, now: clock() }, tenantId, look) : undefined
}

/** The picture of an address: of its localization, or as it would be with what is tried. */
async function imageOf(trx: Trx, services: Services, request: FastifyRequest, kind: ImageKind) {
  const preview = previewOf(services, request)
  if (!preview) return findImage(trx, localeOf(request), kind)
  const { locale, pictures: tried } = preview
  const id = tried[kind]
  if (id !== undefined) return findTriedPicture(trx, { now: services.clock() }, id)
  const place = looksFor(await askOne(trx, localizationsOf(trx.tenantId)), [locale]).images[kind]
  return place === undefined ? undefined : findImage(trx, place, kind)
}

/** Reads something of the tenant that the address names. Throws `not_found`, also for the empty tenant. */
async function ofTenant<T>(services: Services, request: FastifyRequest, read: (trx: Trx) => Promise<T>): Promise<T> {
  const { tenantId = '' } = request.params as { tenantId?: string }
  if (!isUuid(tenantId) || !(await hasTenant(services.db, tenantId))) throw refuse('not_found')
  return inTenant(services.db, tenantId, read)
}

const brandingHeaders = (reply: FastifyReply) =>
  reply.header('cache-control', `public, max-age=${BRANDING_LASTS}`).removeHeader('vary')

const etagOf = (body: Buffer) => `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`

function answer(request: FastifyRequest, reply: FastifyReply, etag: string, body: Buffer) {
  reply.header('etag', etag)
  const known = String(request.headers['if-none-match'] ?? '')
    .split(',')
    .map(one => one.trim().replace(/^W\//, ''))
  if (known.includes(etag)) return reply.code(304).removeHeader('content-encoding').send()
  return reply.send(body)
}
