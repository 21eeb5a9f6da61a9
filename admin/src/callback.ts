import { ANSWER, ANSWERS, BEGUN } from './api/callback.ts'

// The page that sign-in leads back to. It holds nothing but the answer, which is useless without what the asker keeps.
const answer = location.search
if (new URLSearchParams(answer).get('state')?.startsWith('window.')) {
  sessionStorage.setItem(ANSWER, answer)
  const { returnTo = '/admin/' } = JSON.parse(sessionStorage.getItem(BEGUN) ?? '{}') as { returnTo?: string }
  location.replace(returnTo)
} else {
  new BroadcastChannel(ANSWERS).postMessage(answer)
  window.close()
}
