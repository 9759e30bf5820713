// The screens of the demo's console, and what stands on each once it has loaded: for the tests that
// look at all of them, and for the pictures of them.

/** @type {{ name: string, path: string, shows: string }[]} `shows`: what is waited for */
export const screens = [
  { name: 'overview', path: '#/', shows: '[data-testid=lane-5]' },
  { name: 'topics', path: '#/topics', shows: '[data-testid=topic-flights]' },
  { name: 'topic', path: '#/topics/flights', shows: '[data-testid=lane-5]' },
  { name: 'messages', path: '#/topics/flights/messages?partition=2', shows: '.record-row' },
  { name: 'produce', path: '#/topics/flights/produce', shows: '[data-testid=produce-form]' },
  { name: 'topic-groups', path: '#/topics/flights/groups', shows: '[data-testid=groups]' },
  { name: 'topic-configuration', path: '#/topics/flights/configuration', shows: '[data-testid=configuration] tbody tr' },
  { name: 'lessons', path: '#/learn', shows: 'h1' },
  { name: 'nowhere', path: '#/somewhere/else', shows: 'h1' },
]

export const themes = ['Light', 'Dark']
