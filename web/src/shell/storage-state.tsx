/** What became of the storage while the page was open: the database is gone, or there is no room left. */

import { vanished } from '../broker/connection'
import { isFull } from '../broker/storage'
import { href } from '../route'

export function StorageState() {
  const gone = vanished.value
  return (
    <>
      {gone && (
        <div class="banner" role="alert" data-testid="vanished" data-former={gone.formerClusterId}>
          <p>
            <strong>The database is gone, and its records with it.</strong> It was deleted or emptied by other code
            of this site, in the developer tools or by the browser, which was noticed at{' '}
            {gone.at.toLocaleTimeString()}. The broker has begun an empty one. If you have a backup, restore it under{' '}
            <a href={href(['topics'])}>Topics</a>.
          </p>
          <button type="button" onClick={() => (vanished.value = undefined)}>
            Dismiss
          </button>
        </div>
      )}
      {isFull.value && (
        <div class="banner" role="alert" data-testid="full">
          <p>
            <strong>The storage is full: new records are refused.</strong> What is stored is safe, and can be read.
            Delete or purge <a href={href(['topics'])}>topics</a>, or make room on the disk; some seconds later, records
            are taken again by themselves.
          </p>
        </div>
      )}
    </>
  )
}
