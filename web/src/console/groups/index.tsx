/** Groups: the list of them, or the one that the address names. */

import { useEffect } from 'preact/hooks'
import { groups, unknown, watchGroups } from '../../broker/groups'
import type { ScreenProps } from '../../shell/screens'
import { Trouble } from '../../ui/trouble'
import '../../styles/groups.css'
import { GroupScreen } from './group'
import { List } from './list'

export default function Groups({ path: [id] }: ScreenProps) {
  useEffect(watchGroups, [])
  const all = groups.value
  if (!all) return <Trouble problem={unknown.value} />
  return (
    <>
      {id === undefined ? <List groups={all} /> : <GroupScreen key={id} id={id} group={all.find((each) => each.id === id)} />}
      <Trouble problem={unknown.value} />
    </>
  )
}
