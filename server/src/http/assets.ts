import { createHash } from 'node:crypto'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../crypto/index.ts'
import { findLogo, getTenant, NOBODYS_TENANT } from '../directory/index.ts'
import { assets, brandStyle, productColor } from '../pages/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { refuse } from './problems.ts'
import type { Services } from './visit.ts'

/** Seconds that a browser may show an old logo or colour. */
const BRANDING_LASTS = 300

const open = { config: { access: 'anyone' } } as const

/** Serves the files of pages: the product's own, and each tenant's colour and logo. */
export function assetRoutes(app: FastifyInstance, services: Services) {
  for (const [path, asset] of assets) {
    const bodies = { br: brotliCompressSync(asset.body), gzip: gzipSync(asset.body, { level: 9 }) }
    const lasting = asset.immutable ? 'public, max-age=31536000, immutable' : 'public, no-cache'
    app.get(path, open, async (request, reply) => {
      const accepted = String(request.headers['accept-encoding'] ?? '')
      const encoding = (['br', 'gzip'] as const).find(name => new RegExp(`\\b${name}\\b`).test(accepted))
      reply.header('cache-control', lasting).header('vary', 'Accept-Encoding').type(asset.type)
      if (!encoding) return answer(request, reply, asset.etag, asset.body)
      // One body for each encoding, so one validator for each (RFC 9110, §8.8.3).
      const etag = asset.etag.replace(/"$/, `-${encoding}"`)
      return answer(request, reply.header('content-encoding', encoding), etag, bodies[encoding])
    })
  }

  app.get('/branding/:tenantId/style.css', open, async (request, reply) => {
    const { color } = await ofTenant(services, request, getTenant)
    const body = Buffer.from(brandStyle(color ?? productColor))
    brandingHeaders(reply).type('text/css; charset=utf-8')
    return answer(request, reply, etagOf(body), body)
  })

  app.get('/branding/:tenantId/logo', open, async (request, reply) => {
    const logo = await ofTenant(services, request, findLogo)
    if (!logo) throw refuse('not_found')
    // A tenant's uploaded file, opened by itself, must not act as a page of ours.
    brandingHeaders(reply)
      .type(logo.type)
      .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'; sandbox")
    return answer(request, reply, etagOf(logo.image), logo.image)
  })
}

/** Reads something of the tenant that the address names. Throws `not_found`, also for the empty tenant. */
async function ofTenant<T>(
  services: Services,
  request: FastifyRequest,
  read: (trx: Trx, tenantId: string) => Promise<T>,
): Promise<T> {
  const { tenantId = '' } = request.params as { tenantId?: string }
  if (!isUuid(tenantId) || tenantId === NOBODYS_TENANT) throw refuse('not_found')
  return inTenant(services.db, tenantId, trx => read(trx, tenantId)).catch(error => {
    throw error.code === 'tenant_not_found' ? refuse('not_found') : error
  })
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
