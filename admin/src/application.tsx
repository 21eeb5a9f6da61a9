import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { allowedActions, delegatedAccess, organization, queries } from './api/queries.ts'
import { StartFailed } from './frame/StartFailed.tsx'
import { createRoutes } from './routes/routes.tsx'

/** Milliseconds that the page as it was loaded stands, until the frame is drawn around what did not come yet. */
const PATIENCE = 800

const router = createRoutes()

function Application({ session }: { session: Promise<unknown> }) {
  const [hasFailed, setFailed] = useState(false)
  useEffect(() => {
    session.catch(() => setFailed(true))
  }, [session])
  return (
    <StrictMode>
      <QueryClientProvider client={queries}>
        {hasFailed ? <StartFailed /> : <RouterProvider router={router} />}
      </QueryClientProvider>
    </StrictMode>
  )
}

/** Asks for what the frame shows, while the page is read. */
async function prefetchFrame() {
  void queries.prefetchQuery(allowedActions)
  if ((await queries.ensureQueryData(delegatedAccess)) === null) void queries.prefetchQuery(organization)
}

/** Shows the application; what it asks for waits until the session is there. */
export async function show(session: Promise<unknown>) {
  prefetchFrame().catch(() => {}) // the frame asks again, and tells
  // Drawn once what it shows is there: before that, the page itself is its ground.
  await Promise.race([router.load(), session.then(wait, () => {})])
  createRoot(document.getElementById('application')!).render(<Application session={session} />)
}

const wait = () => new Promise(resolve => setTimeout(resolve, PATIENCE))
