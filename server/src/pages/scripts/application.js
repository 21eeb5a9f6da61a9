// @ts-check
// A single-page application: it signs people in by code with PKCE, and shows what it learned. Tokens stay in this tab.

const page = /** @type {HTMLElement} */ (document.querySelector('[data-application]'))
const { application = '', origin = '', authority = '' } = page.dataset
const address = `${origin}/demo/app`
const KEPT = 'latchkey-demo-app'

/** @param {string} name */
const part = name => /** @type {HTMLElement} */ (page.querySelector(`[data-part="${name}"]`))

/** @param {Uint8Array} bytes */
const base64url = bytes =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))

const describe = async () => (await fetch(`${authority}/.well-known/openid-configuration`)).json()

const recall = () => JSON.parse(sessionStorage.getItem(KEPT) ?? '{}')

/** @param {object} what */
const keep = what => sessionStorage.setItem(KEPT, JSON.stringify(what))

/** @param {string} token */
function claimsOf(token) {
  const text = atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, sign => sign.charCodeAt(0))))
}

async function signIn() {
  const asked = { state: random(), nonce: random(), verifier: random() }
  keep({ asked })
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(asked.verifier))
  const request = {
    client_id: application,
    redirect_uri: address,
    response_type: 'code',
    scope: 'openid profile email User.Read',
    state: asked.state,
    nonce: asked.nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
    ui_locales: document.documentElement.lang,
  }
  location.assign(`${(await describe()).authorization_endpoint}?${new URLSearchParams(request)}`)
}

/** @param {URLSearchParams} answer */
async function redeem(answer) {
  const { asked } = recall()
  sessionStorage.removeItem(KEPT)
  history.replaceState(null, '', address)
  const { issuer, token_endpoint } = await describe()
  // An answer that this tab did not ask for, or of another provider (RFC 9207), is none.
  if (answer.get('state') !== asked?.state || answer.get('iss') !== issuer) throw new Error('state, iss')
  if (answer.has('error')) throw new Error(answer.get('error_description') ?? '')
  const response = await fetch(token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: application,
      redirect_uri: address,
      code: answer.get('code') ?? '',
      code_verifier: asked.verifier,
    }),
  })
  const tokens = await response.json()
  if (!response.ok) throw new Error(tokens.error_description)
  const claims = claimsOf(tokens.id_token)
  if (claims.iss !== issuer || claims.aud !== application || claims.nonce !== asked.nonce)
    throw new Error('iss, aud, nonce')
  keep({ idToken: tokens.id_token, claims, scope: tokens.scope, expiresAt: Date.now() + tokens.expires_in * 1_000 })
}

async function signOut() {
  const { idToken } = recall()
  sessionStorage.removeItem(KEPT)
  const request = { id_token_hint: idToken, post_logout_redirect_uri: address }
  location.assign(`${(await describe()).end_session_endpoint}?${new URLSearchParams(request)}`)
}

const moment = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'medium' })

/** @param {[string, unknown]} claim */
function line([name, value]) {
  const row = document.createElement('div')
  const [term, told, code] = [
    document.createElement('dt'),
    document.createElement('dd'),
    document.createElement('code'),
  ]
  code.translate = false
  code.textContent = name
  term.append(code)
  const isTime = /^(iat|exp|nbf|auth_time)$/.test(name)
  told.textContent = isTime ? moment.format(Number(value) * 1_000) : [value].flat().join(', ')
  row.append(term, told)
  return row
}

/** @param {string} [failure] */
function show(failure) {
  const { claims, scope, expiresAt } = recall()
  part('stranger').hidden = Boolean(claims)
  part('person').hidden = !claims
  part('failure').hidden = failure === undefined
  part('cause').textContent = failure ?? ''
  if (!claims) return
  part('name').textContent = claims.name
  part('claims').replaceChildren(...Object.entries(claims).map(line))
  part('scopes').textContent = scope
  part('expiry').textContent = moment.format(expiresAt)
}

part('stranger').addEventListener('submit', event => {
  event.preventDefault()
  signIn().catch(error => show(String(error.message)))
})
part('person').addEventListener('submit', event => {
  event.preventDefault()
  signOut().catch(error => show(String(error.message)))
})

const answer = new URLSearchParams(location.search)
// The application is registered under one origin; the demonstration answers other names of this machine too.
if (location.origin !== origin) location.replace(address)
else if (answer.has('code') || answer.has('error'))
  redeem(answer).then(
    () => show(),
    error => show(String(error.message)),
  )
else show()
