// The screens of the demo's console, and what stands on each once it has loaded: for the tests that
// look at all of them, and for the pictures of them.

/** @type {{ name: string, path: string, shows: string }[]} `shows`: what is waited for */
export const screens = [
  { name: 'overview', path: '#/', shows: '[data-testid=lane-5]' },
  { name: 'topics', path: '#/topics', shows: '[data-testid=topic-flights]' },
  { name: 'topic', path: '#/topics/flights', shows: '[data-testid=lane-5]' },
  { name: 'messages', path: '#/topics/flights/messages?partition=2', shows: '.record-row' },
  { name: 'produce', path: '#/topics/flights/produce', shows: '[data-testid=produce-form]' },
  { name: 'topic-groups', path: '#/topics/flights/groups', shows: '[data-testid=group-billing]' },
  { name: 'topic-configuration', path: '#/topics/flights/configuration', shows: '[data-testid=configuration] .config' },
  { name: 'groups', path: '#/groups', shows: '[data-testid=row-billing]' },
  { name: 'group', path: '#/groups/billing', shows: '[data-testid=progress-5]' },
  { name: 'broker', path: '#/broker', shows: '[data-testid=configuration] .config' },
  { name: 'lessons', path: '#/learn', shows: 'h1' },
  { name: 'guide', path: '#/guide', shows: 'h1' },
  { name: 'guide-page', path: '#/guide/work-queue', shows: 'h1' },
  { name: 'nowhere', path: '#/somewhere/else', shows: 'h1' },
]

/** The dialogs, by the button that opens each, and the screen that it is on. */
export const dialogs = [
  { path: '#/topics', id: 'new-topic' },
  { path: '#/topics', id: 'restore' },
  { path: '#/topics/flights', id: 'add-partitions' },
  { path: '#/topics/flights', id: 'purge' },
  { path: '#/topics/flights', id: 'delete-topic' },
  { path: '#/groups/billing', id: 'delete-group' },
]

/** What the screens show: the flights, and a group that has begun to read them. */
export async function furnish(demo) {
  await demo.load()
  await demo.topic('flights', 'Groups')
  await demo.get('add-member').click()
  await demo.page.locator('[data-testid=progress-0][data-committed]').waitFor()
  await demo.get('member').getByRole('button', { name: 'Stop' }).click()
  await demo.get('member').waitFor({ state: 'detached' })
}

export const themes = ['Light', 'Dark']
