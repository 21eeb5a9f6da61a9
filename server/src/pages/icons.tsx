import type { ReactNode } from 'react'

/** Every icon a page can show. They only decorate: the words beside them carry the meaning. */
export type IconName = keyof typeof drawings

// Drawn on a 24-unit grid in 1.75-unit strokes, so that one weight holds at every size.
const drawings = {
  phone: (
    <>
      <rect x="6.5" y="2.75" width="11" height="18.5" rx="2.5" />
      <path d="M10.5 18h3" />
    </>
  ),
  phoneCall: (
    <>
      <rect x="3.5" y="2.75" width="11" height="18.5" rx="2.5" />
      <path d="M7.5 18h3M17.5 9.25a4 4 0 0 1 0 5.5M19.75 6.5a8 8 0 0 1 0 11" />
    </>
  ),
  officePhone: (
    <>
      <path d="M3.5 9.5c0-3 4-4.75 8.5-4.75s8.5 1.75 8.5 4.75v1.25h-4.25V8.9c-2.75-.9-5.75-.9-8.5 0v1.85H3.5Z" />
      <path d="M7 13.25h10l1.75 6H5.25Z" />
      <circle cx="12" cy="16.25" r="1.25" />
    </>
  ),
  mail: (
    <>
      <rect x="3" y="5" width="18" height="14" rx="2.5" />
      <path d="m3.75 7.25 8.25 6 8.25-6" />
    </>
  ),
  questions: (
    <>
      <path d="M5.5 4h13A2.5 2.5 0 0 1 21 6.5v8a2.5 2.5 0 0 1-2.5 2.5H12l-4.5 3.75V17h-2A2.5 2.5 0 0 1 3 14.5v-8A2.5 2.5 0 0 1 5.5 4Z" />
      <path d="M10 8.75c.15-1.05.95-1.6 2-1.6 1.15 0 2 .7 2 1.7 0 1.4-2 1.45-2 2.85" />
      <path d="M12 13.9v.01" />
    </>
  ),
  app: (
    <>
      <path d="M12 2.75 4.5 5.5v5.75c0 4.6 3 8.25 7.5 10 4.5-1.75 7.5-5.4 7.5-10V5.5Z" />
      <path d="M9 11h6M9 14.25h3.5" />
    </>
  ),
  sheet: (
    <>
      <path d="M6.5 2.75h8l4 4v12a2.5 2.5 0 0 1-2.5 2.5H6.5a2 2 0 0 1-2-2V4.75a2 2 0 0 1 2-2Z" />
      <path d="M14.25 3v4h4M8 11.5h7M8 14.5h7M8 17.5h4" />
    </>
  ),
  key: (
    <>
      <circle cx="8" cy="15.5" r="4.75" />
      <path d="m11.5 12.1 8.75-8.6M16.5 7.25l2.75 2.75M14 9.75l1.75 1.75" />
    </>
  ),
  lock: (
    <>
      <rect x="4.75" y="10.25" width="14.5" height="11" rx="2.5" />
      <path d="M8 10.25V7.25a4 4 0 0 1 8 0v3M12 14.75v2" />
    </>
  ),
  check: <path d="m5 12.75 4.5 4.5L19.25 7" />,
  warning: (
    <>
      <path d="M12 3.75 2.75 19.5a.8.8 0 0 0 .7 1.2h17.1a.8.8 0 0 0 .7-1.2Z" />
      <path d="M12 10v4.5M12 17.5v.01" />
    </>
  ),
  danger: (
    <>
      <path d="M8.25 3h7.5L21 8.25v7.5L15.75 21h-7.5L3 15.75v-7.5Z" />
      <path d="M12 7.75v5M12 16.25v.01" />
    </>
  ),
  info: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M12 11v5.25M12 7.75v.01" />
    </>
  ),
  success: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="m8 12.5 2.75 2.75L16 9.5" />
    </>
  ),
  globe: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M3 12h18M12 3c2.5 2.5 3.75 5.5 3.75 9S14.5 18.5 12 21c-2.5-2.5-3.75-5.5-3.75-9S9.5 5.5 12 3Z" />
    </>
  ),
  person: (
    <>
      <circle cx="12" cy="8" r="4.25" />
      <path d="M4 20.75c.5-4 3.75-6 8-6s7.5 2 8 6" />
    </>
  ),
  clock: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M12 7v5.25l3.5 2" />
    </>
  ),
  arrow: <path d="M4.5 12h15M13.5 6l6 6-6 6" />,
} satisfies Record<string, ReactNode>

/** One icon, as large as the text around it unless a style says otherwise; hidden from assistive technology. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      className={`icon icon-${name}`}
      viewBox="0 0 24 24"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {drawings[name]}
    </svg>
  )
}
