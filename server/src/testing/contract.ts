import assert from 'node:assert/strict'
import type { TestBrowser, TestRequest, TestResponse } from './server.ts'

/** Asks as a front end does, and checks what holds for every answer. */
export async function ask(
  browser: TestBrowser,
  method: string,
  path: string,
  request: TestRequest = {},
): Promise<TestResponse> {
  const answer = await browser.request(method, path, request)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.ok(answer.headers.get('vary')?.split(', ').includes('Accept'))
  if (answer.status >= 400) {
    const { type, title, detail, status, code } = answer.json
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
    assert.deepEqual([type, status], ['about:blank', answer.status])
    for (const text of [title, detail, code]) assert.match(text, /\S/)
    assert.equal(answer.headers.get('retry-after') ?? undefined, answer.json.retryAfter?.toString())
  }
  return answer
}

export const get = (browser: TestBrowser, path: string) => ask(browser, 'GET', path)
export const post = (browser: TestBrowser, path: string, json: unknown = {}) => ask(browser, 'POST', path, { json })

/** The problem that the answer is. */
export function refused(answer: TestResponse, status: number, code: string) {
  assert.deepEqual([answer.status, answer.json?.code], [status, code], answer.text)
  return answer.json
}

/** What the answer grants. */
export function granted(answer: TestResponse, status = 200) {
  assert.equal(answer.status, status, answer.text)
  return answer.json
}
