import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OTLPTraceExporter as Exporter } from '@opentelemetry/exporter-trace-otlp-http'
import { StateError } from './files.ts'

/** What the end of the program waits for the last export. */
const FLUSHED_WITHIN = 1_000

/** The export of what this agent does, by OTLP over HTTP to where the standard variables lead. */
export interface Traces {
  /**
   * Does the work as a part of the server's work that `traceparent` names, or of the part that is under way. The
   * name holds no person's.
   */
  traced<T>(part: { name: string; traceparent?: string | undefined }, work: () => Promise<T>): Promise<T>
  /** Exports what is left, within a second. */
  close(): Promise<void>
}

/**
 * Opens the export where an address is set, and loads nothing elsewhere. `report`: told of a failed export, once a minute
 * at most. Throws `StateError` where that is no address.
 */
export async function openTraces(env: NodeJS.ProcessEnv, report: (why: string) => void): Promise<Traces> {
  const address = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT
  if (!address || env.OTEL_SDK_DISABLED === 'true') return { traced: (_part, work) => work(), close: async () => {} }
  if (!/^https?:$/.test(URL.parse(address)?.protocol ?? ''))
    throw new StateError('OTEL_EXPORTER_OTLP_ENDPOINT is no address like http://127.0.0.1:4318')
  const name = env.OTEL_TRACES_SAMPLER || 'parentbased_always_on'
  const shares = { always_on: 1, always_off: 0, traceidratio: Number(env.OTEL_TRACES_SAMPLER_ARG || 1) }
  const share = Object.entries(shares).find(([one]) => name.replace(/^parentbased_/, '') === one)?.[1]
  if (share === undefined || !(share >= 0 && share <= 1))
    throw new StateError('OTEL_TRACES_SAMPLER or OTEL_TRACES_SAMPLER_ARG is none of the standard values')
  const [api, { OTLPTraceExporter }, { detectResources, envDetector, resourceFromAttributes }, sdk] = await Promise.all(
    [
      import('@opentelemetry/api'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace'),
    ],
  )
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = api
  const root = new sdk.TraceIdRatioBasedSampler(share)
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'latchkey-agent' }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    sampler: name.startsWith('parentbased_') ? new sdk.ParentBasedSampler({ root }) : root,
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: telling(new OTLPTraceExporter({ timeoutMillis: 10_000 }), report),
        scheduledDelayMillis: 1_000,
        exportTimeoutMillis: 10_000,
      }),
    ],
  })
  const tracer = provider.getTracer('latchkey-agent')
  const here = new AsyncLocalStorage<ReturnType<typeof tracer.startSpan>>()
  const named = (traceparent = '') => {
    const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-0([01])$/.exec(traceparent) ?? []
    if (traceId === undefined) return undefined
    return trace.wrapSpanContext({ traceId, spanId: spanId!, traceFlags: Number(flags), isRemote: true })
  }
  return {
    async traced({ name, traceparent }, work) {
      const parent = named(traceparent) ?? here.getStore()
      // What the agent does by itself is not traced.
      if (!parent) return work()
      const kind = traceparent === undefined ? SpanKind.CLIENT : SpanKind.SERVER
      const span = tracer.startSpan(name, { kind }, trace.setSpan(ROOT_CONTEXT, parent))
      try {
        return await here.run(span, work)
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', (error as Error).name)
        throw error
      } finally {
        span.end()
      }
    },
    async close() {
      await Promise.race([provider.shutdown().catch(() => {}), sleep(FLUSHED_WITHIN, undefined, { ref: false })])
    },
  }
}

/** The same exporter, which tells of its failures. Their kind alone: an answer's words are the other side's. */
function telling(
  exporter: Exporter,
  report: (why: string) => void,
): Pick<Exporter, 'export' | 'shutdown' | 'forceFlush'> {
  let quietUntil = 0
  return {
    export(spans, done) {
      exporter.export(spans, result => {
        const now = performance.now()
        if (result.error && now >= quietUntil) {
          const { code, name } = result.error as Error & { code?: unknown }
          report(String(code ?? name))
          quietUntil = now + 60_000
        }
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  }
}
