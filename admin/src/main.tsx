import { openSession, sessionIsAsked } from './api/session.ts'
import 'theme:sheet.css'
import './style.css'
import { loadWords } from './words.ts'

// This script is small, and the first to run: the sign-in and the words travel while the rest of the application is
// read. A page that fails to start says so, and never stays blank.
const session = openSession()
session.catch(() => {})
const words = loadWords(navigator.languages)
await sessionIsAsked
const { show } = await import('./application.tsx')
await words.catch(() => {})
show(session)
