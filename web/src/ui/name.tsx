/** A topic's or a group's name, which may be long: it breaks behind its points, dashes and underscores first. */
export function Name({ of }: { of: string }) {
  return (
    <>
      {of.split(/(?<=[._-])(?=[^._-])/).map((part, at) => (
        <>
          {at > 0 && <wbr />}
          {part}
        </>
      ))}
    </>
  )
}
