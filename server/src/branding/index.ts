export { listNotices, previewNotice, putWording, switchNotice } from './wordings.ts'
