import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** An answer that the library wrote. */
export interface Written {
  status: number
  headers: OutgoingHttpHeaders
  body: string
}

/** Lets the library answer a request into memory, so that its answer leaves as all others do, with our headers and cookies. */
export async function answerOf(
  request: IncomingMessage,
  serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Written> {
  const response = new ServerResponse(request)
  const chunks: Buffer[] = []
  const keep = (chunk: unknown) => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as string))
  }
  response.write = ((chunk: unknown) => {
    keep(chunk)
    return true
  }) as typeof response.write
  response.end = ((chunk: unknown) => {
    keep(chunk)
    return response
  }) as typeof response.end
  await serve(request, response)
  return { status: response.statusCode, headers: response.getHeaders(), body: Buffer.concat(chunks).toString('utf8') }
}
