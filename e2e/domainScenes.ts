import { findTenantId } from '../server/src/directory/index.ts'
import { takeStep } from '../server/src/testing/steps.ts'
import type { Scene, Stage } from './stage.ts'

/** A company's domains in their states. The test server asks no DNS, so what checks found is written for them. */
export async function domainScenes({ server, signIn }: Stage): Promise<Scene[]> {
  const browser = await signIn('admin@acme.example')
  await takeStep(server, browser)
  const acme = await findTenantId(server.store, 'acme.example')
  const set = (name: string, columns: string, values: unknown[] = []) =>
    server.store.pool.query(`update latchkey.domains set ${columns} where tenant_id = $1 and name = $2`, [
      acme,
      name,
      ...values,
    ])
  const add = async (name: string) => (await browser.post('/domains', { name })).json.record.value as string
  const at = '2026-03-02T09:00:00.000Z'
  const found = (name: string, value: string, diagnosis: unknown[], result = 'pending') => {
    const asked = [name, `_latchkey.${name}`].map(host => ({
      ...{ resolver: '192.0.2.53:53', name: host, type: 'TXT', transport: 'udp', rcode: 'NOERROR', ms: 12 },
      answers: host === name ? [{ name: host, type: 'TXT', ttl: 1_740, data: value }] : [],
    }))
    return set(name, 'last_check = $3', [JSON.stringify({ at, result, asked, diagnosis })])
  }
  const waiting = 'a-rather-long-name-of-a-shop.example'
  await add('new-shop.example')
  const value = await add(waiting)
  const older = value.replace(/.{12}$/, '')
  await found(waiting, older, [
    { code: 'wrong_value', host: waiting, found: older, retryAfter: 1_740 },
    { code: 'wrong_host', host: `www.${waiting}`, found: value },
  ])
  await set(waiting, "registrar = 'gandi', zone = name")
  await found('taken-shop.example', await add('taken-shop.example'), [{ code: 'taken' }], 'conflict')
  await add('nobodys-shop.example')
  const nobodys = { at, result: 'conflict', asked: [], diagnosis: [{ code: 'taken' }], holder: 'unmanaged' }
  await set('nobodys-shop.example', 'last_check = $3', [JSON.stringify(nobodys)])
  await found('proven-shop.example', await add('proven-shop.example'), [
    { code: 'no_domain', host: 'proven-shop.example' },
  ])
  await add('contested-shop.example')
  await set('contested-shop.example', "contesting_until = now() + interval '14 days'")
  await add('held-shop.example')
  await set(
    'held-shop.example',
    "verified_at = now(), is_root = true, contested_until = now() + interval '14 days', contested_by = tenant_id",
  )
  await set('proven-shop.example', "verified_at = now(), is_root = true, gone = 'domain', gone_since = now()")
  await browser.post('/demo/dns/records', { name: waiting, type: 'TXT', data: value })
  await browser.post('/demo/dns/faults', { name: 'slow.example', fault: 'timeout' })
  const scene = (name: string, path: string, route = '/domains/:name'): Scene => ({
    ...{ name: `domains/${name}`, route, path, browser },
  })
  return [
    { ...scene('the DNS of the demonstration', '/demo/dns', '/demo/dns') },
    scene('all', '/domains', '/domains'),
    scene('initial', '/domains/acme.example'),
    scene('added', '/domains/new-shop.example?added'),
    scene('waiting', `/domains/${waiting}`),
    scene('conflict', '/domains/taken-shop.example'),
    scene('people to take in', '/domains/nobodys-shop.example'),
    scene('contested', '/domains/contested-shop.example'),
    scene('contested by somebody', '/domains/held-shop.example'),
    scene('gone', '/domains/proven-shop.example'),
    scene('removal', '/domains/proven-shop.example/uses', '/domains/:name/uses'),
    scene('removal refused', '/domains/acme.example/uses', '/domains/:name/uses'),
  ]
}
