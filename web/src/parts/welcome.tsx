/** What a first visitor reads: there is no topic yet. */

export function Welcome() {
  return (
    <div class="welcome" data-testid="welcome">
      <h2>A Kafka broker, in this tab</h2>
      <p>
        A worker of this page runs a broker that speaks Kafka’s protocol: topics, partitions, offsets, and
        what a client can ask of them. Its log is kept in your browser’s IndexedDB. There is no server and no
        account, and nothing leaves this machine.
      </p>
    </div>
  )
}
