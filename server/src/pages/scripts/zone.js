// @ts-check
// Tells the server the reader's time zone, so that hours stand by the reader's clock. Without script they are in UTC.

const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
const address = new URL(location.href)
if (timeZone && !address.searchParams.has('zone')) {
  address.searchParams.set('zone', timeZone)
  location.replace(address)
}
