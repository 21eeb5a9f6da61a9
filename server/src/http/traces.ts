import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import { MINUTE, SECOND } from '../clock.ts'
import { type Carrier, carriers, type Part, parts } from '../traces/index.ts'
import { journeyOf } from './log.ts'

/** Spans that wait to be exported; those beyond are dropped. */
const WAITING_AT_MOST = 2_048

/** How long the other side may take over one export, and what the end of the process waits for the last. */
const EXPORTED_WITHIN = 10 * SECOND
const FLUSHED_WITHIN = 2 * SECOND

/** The export of what this process does. */
export interface Traces {
  /** Follows each request of this server, except those that ask for its health. */
  follow(app: FastifyInstance): void
  /** Exports what is left, within two seconds. */
  close(): Promise<void>
}

const kinds = {
  transaction: SpanKind.CLIENT,
  call: SpanKind.CLIENT,
  agent: SpanKind.CLIENT,
  job: SpanKind.CONSUMER,
} satisfies Record<Part['kind'], SpanKind>

/** Exports spans by OTLP over HTTP to where the standard variables lead (OpenTelemetry, environment variables). */
export function openTraces(env: Readonly<Record<string, string | undefined>>, log: FastifyBaseLogger): Traces {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'latchkey' }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    sampler: samplerOf(env),
    spanLimits: { attributeValueLengthLimit: 500 },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: logging(new OTLPTraceExporter({ timeoutMillis: EXPORTED_WITHIN }), log),
        maxQueueSize: WAITING_AT_MOST,
        scheduledDelayMillis: SECOND,
        exportTimeoutMillis: EXPORTED_WITHIN,
      }),
    ],
  })
  const tracer = provider.getTracer('latchkey')
  const here = new AsyncLocalStorage<Span | undefined>()
  const begin = (name: string, kind: SpanKind, parent: Span | undefined) =>
    tracer.startSpan(name, { kind }, parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT)

  const spans = new WeakMap<Part, Span>()
  const beginPart = (part: Part) => {
    const parent = (part.traceparent === undefined ? undefined : spanNamed(part.traceparent)) ?? here.getStore()
    // What the process does by itself, such as its beats, would be a trace for each statement.
    if (!parent && part.kind !== 'job') return undefined
    const span = begin(part.name, kinds[part.kind], parent)
    spans.set(part, span)
    return span
  }
  const endPart = (part: Part) => {
    const span = spans.get(part)
    const summary = (part.statements ?? []).map(statementName).filter(name => name !== undefined)
    if (part.kind === 'transaction')
      span?.setAttributes({ 'db.system.name': 'postgresql', 'db.query.summary': summary.join(', ') })
    span?.end()
  }
  const failPart = (part: Part & { error: unknown }) => fail(spans.get(part), part.error)
  parts.start.bindStore(here, beginPart as (part: unknown) => Span | undefined)
  const heard = { asyncEnd: endPart, error: failPart }
  parts.asyncEnd.subscribe(heard.asyncEnd as never)
  parts.error.subscribe(heard.error as never)
  const carry = (carrier: unknown) => {
    const span = here.getStore()
    if (span) (carrier as Carrier).traceparent = nameOf(span)
  }
  carriers.subscribe(carry)

  return {
    follow(app) {
      const requests = new WeakMap<FastifyRequest, Span>()
      app.addHook('onRequest', (request, _reply, done) => {
        const route = request.routeOptions.url ?? 'none'
        if (route.startsWith('/health/')) return done()
        const { traceparent } = request.headers
        // Most proxies pass a stranger's on, who could choose the trace and have all of it exported: it is a link at most.
        const isTold = typeof traceparent === 'string' && (request.ips?.length ?? 0) > 1
        const context = isTold ? spanNamed(traceparent)?.spanContext() : undefined
        const options = { kind: SpanKind.SERVER, links: context ? [{ context }] : [] }
        const span = tracer.startSpan(`${request.method} ${route}`, options, ROOT_CONTEXT)
        span.setAttributes({ 'http.request.method': request.method, 'http.route': route })
        requests.set(request, span)
        here.run(span, done)
      })
      // The body arrives by the connection's events, which belong to no request.
      app.addHook('preValidation', (request, _reply, done) => here.run(requests.get(request), done))
      app.addHook('onResponse', async (request, reply) => {
        const span = requests.get(request)
        if (!span) return
        const { journey } = journeyOf(request, reply)
        span.setAttribute('http.response.status_code', reply.statusCode)
        if (journey !== undefined) span.setAttribute('latchkey.journey', journey)
        if (reply.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      })
    },
    async close() {
      parts.start.unbindStore(here)
      parts.asyncEnd.unsubscribe(heard.asyncEnd as never)
      parts.error.unsubscribe(heard.error as never)
      carriers.unsubscribe(carry)
      await Promise.race([provider.shutdown().catch(() => {}), sleep(FLUSHED_WITHIN, undefined, { ref: false })])
    },
  }
}

/** The sampler that the standard variables name, which the configuration has judged. */
export function samplerOf(env: Readonly<Record<string, string | undefined>>): Sampler {
  const name = env.OTEL_TRACES_SAMPLER || 'parentbased_always_on'
  const shares: Record<string, number> = { always_off: 0, traceidratio: Number(env.OTEL_TRACES_SAMPLER_ARG || 1) }
  const root = new TraceIdRatioBasedSampler(shares[name.replace('parentbased_', '')] ?? 1)
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root
}

/** The kind of an error and its code; its words may quote what somebody typed. */
function fail(span: Span | undefined, error: unknown) {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown }
  const type = [code, name].find(one => typeof one === 'string' && /^[\w-]{1,60}$/.test(one))
  span?.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', (type as string | undefined) ?? '_OTHER')
}

const nameOf = (span: Span) => {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-0${traceFlags & 1}`
}

/** The span that a `traceparent` names; undefined where it names none. */
function spanNamed(traceparent: string): Span | undefined {
  const [, traceId = '', spanId = '', flags = ''] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent) ?? []
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return undefined
  return trace.wrapSpanContext({ traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true })
}

/** What a statement does to which table, such as `update journeys`. Its text could hold a value that somebody wrote into it. */
function statementName(text: string): string | undefined {
  const [, act = '', table] = /\b(?<!for |key )(insert into|update|delete from)\s+"?([a-z_]+)"?/i.exec(text) ?? []
  if (table !== undefined) return `${act.split(' ')[0]!.toLowerCase()} ${table}`
  const [, read] = /\bfrom\s+"?([a-z_]+)"?/i.exec(text) ?? []
  return read === undefined ? undefined : `select ${read}`
}

/** The same exporter, which logs its failures, once a minute at most. */
function logging(exporter: SpanExporter, log: FastifyBaseLogger): SpanExporter {
  let quietUntil = 0
  return {
    export(spans, done) {
      exporter.export(spans, result => {
        const now = performance.now()
        if (result.error && now >= quietUntil) {
          log.warn({ err: result.error }, 'traces could not be exported')
          quietUntil = now + MINUTE
        }
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  }
}
